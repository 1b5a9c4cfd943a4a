"""One recurrent cell and what has been added to it, to be read beside its equations.

``lstm97`` is the cell of 1997 (with tanh for g and h, and gates that only gate); ``lstm2000``
adds forget gates, ``peephole`` lets gates see the states. ``rnn`` is a plain tanh net and
``gru`` the gated unit of 2014. Many nets are computed side by side, each with its own weights;
the gradient is autograd's, and complete.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from replicate.cells.shape import Shape


class Weights(NamedTuple):
    """The matrices of all nets, each (net, row, column) as in ``Shape.sizes``."""

    hidden: Tensor
    peepholes: Tensor
    outputs: Tensor


class Inside(NamedTuple):
    """What happens over time, each (time, net, sequence, unit)."""

    s: Tensor  # states
    y: Tensor  # what units show
    logits: Tensor  # net inputs of the output units


def matrices(shape: Shape, weights: Tensor) -> Weights:
    """Return (net, weight) as matrices."""
    sizes = shape.sizes.values()
    parts = weights.split([rows * columns for rows, columns in sizes], dim=1)
    cut = [part.reshape(len(weights), *size) for part, size in zip(parts, sizes, strict=True)]
    return Weights(*cut)


def forward(
    shape: Shape, weights: Tensor, inputs: Tensor, nudges: Tensor | None = None
) -> Inside:
    """Run nets, (net, weight), on their sequences, (time, net, sequence, input).

    ``nudges``, (time, net, sequence, cell), are added to what each step hands on.
    """
    w = matrices(shape, weights)
    x = torch.cat([inputs, torch.ones_like(inputs[..., :1])], dim=-1)
    n = shape.n_in
    from_inputs = torch.cat([w.hidden[..., :n], w.hidden[..., -1:]], dim=-1)
    outside = x @ from_inputs.transpose(1, 2)  # (time, net, sequence, row)
    back = w.hidden[..., n:-1].transpose(1, 2)
    step = STEPS[shape.cell]
    s = y = inputs.new_zeros(*inputs.shape[1:3], shape.n_cells)
    over_time = []
    for t, net in enumerate(outside):
        s, y = step(shape, net, back, w.peepholes, s, y)
        if nudges is not None:
            s = s + nudges[t]
            y = s if shape.cell in ("rnn", "gru") else y
        over_time.append((s, y))
    states, shown = map(torch.stack, zip(*over_time, strict=True))
    ones = torch.ones_like(shown[..., :1])
    return Inside(states, shown, torch.cat([shown, ones], dim=-1) @ w.outputs.transpose(1, 2))


def rnn(
    shape: Shape, net: Tensor, back: Tensor, peepholes: Tensor, s: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Return state and output, (net, sequence, cell), of tanh units: they are the same.

    ``net``: what comes from inputs and biases, (net, sequence, row); ``back``: the weights from
    units, (net, cell, row); ``s``, ``y``: state and output at t-1. Others take the same.
    """
    y = torch.tanh(torch.baddbmm(net, y, back))
    return y, y


def lstm(
    shape: Shape, net: Tensor, back: Tensor, peepholes: Tensor, s: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Return state and output of memory cells, with forget gates and peepholes if any."""
    net = torch.baddbmm(net, y, back)
    parts = dict(zip(shape.rows, net.split(list(shape.rows.values()), dim=2), strict=True))
    p_i, p_f, p_o = peepholes.unbind(1) if peepholes.numel() else (None, None, None)
    z = torch.tanh(parts["z"])
    i = torch.sigmoid(seen(shape, parts["i"], p_i, s))
    f = torch.sigmoid(seen(shape, parts["f"], p_f, s)) if "f" in parts else None
    s = kept(shape, f, s) + each_cell(shape, i) * z
    o = torch.sigmoid(seen(shape, parts["o"], p_o, s))
    y = each_cell(shape, o) * torch.tanh(s)
    return s, y


def kept(shape: Shape, f: Tensor | None, s: Tensor) -> Tensor:
    """Return what is kept of a state: all of it where nothing can forget."""
    return s if f is None else each_cell(shape, f) * s


def seen(shape: Shape, net: Tensor, peephole: Tensor | None, s: Tensor) -> Tensor:
    """Return the net input of gates that also see the states of their block's cells."""
    if peephole is None:
        return net
    return net + (peephole[:, None] * s).unflatten(2, (shape.n_blocks, -1)).sum(-1)


def each_cell(shape: Shape, gate: Tensor) -> Tensor:
    """Return a block's gate for each of its cells."""
    return gate if shape.block_size == 1 else gate.repeat_interleave(shape.block_size, dim=2)


def gru(
    shape: Shape, net: Tensor, back: Tensor, peepholes: Tensor, s: Tensor, y: Tensor
) -> tuple[Tensor, Tensor]:
    """Return state and output of gated units: u keeps, r says what of the past z sees."""
    n = shape.n_cells
    gates = torch.baddbmm(net[..., n:], y, back[..., n:])
    r, u = torch.sigmoid(gates).split(n, dim=2)
    z = torch.tanh(torch.baddbmm(net[..., :n], r * y, back[..., :n]))
    y = u * y + (1 - u) * z
    return y, y


STEPS = {"rnn": rnn, "lstm97": lstm, "lstm2000": lstm, "peephole": lstm, "gru": gru}
