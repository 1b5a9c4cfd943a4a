"""The memory cell of 1997, to be read beside section 4 of Hochreiter & Schmidhuber (1997).

In one time step the input units are set, then all hidden units are computed, then the output
units. Hidden units are memory cells, input gates and output gates; a block of cells shares its
two gates. Superscripts become suffixes: ``y_in`` is the activation of the input gates. Each
trial has its own weights; trials never mix. The gradient is autograd's, cut where the paper
cuts it (appendix A.1): no error flows back from a net input to hidden units one step before.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from replicate.cells import plain
from replicate.cells.squash import SQUASH
from replicate.topology import Topology


class Inside(NamedTuple):
    """What happens in a net over time, each (time, trial, unit); absent gates have 0 units."""

    s: Tensor  # cell states
    y_in: Tensor  # input gates
    y_out: Tensor  # output gates
    y_c: Tensor  # cell outputs
    net: Tensor  # net inputs of the hidden units: cells, input gates, output gates
    net_k: Tensor  # net inputs of the output units
    y_k: Tensor  # output units


def forward(
    topology: Topology, weights: Tensor, inputs: Tensor, truncated: bool = True
) -> Inside:
    """Run every trial on its own sequence.

    ``weights``: (trial, weight); ``inputs``: (time, trial, input), or (time, trial) integers if
    the topology's inputs are symbols. With ``truncated=False`` gradients are complete.
    """
    w, w_k = matrices(topology, weights)
    x = dense(topology, inputs, weights)
    s, y = start(topology, weights)
    over_time = []
    for x_t in x:
        net, s, y = advance(topology, w, x_t, s, y, truncated)
        over_time.append((net, s, y))
    net, s, y = map(torch.stack, zip(*over_time, strict=True))
    y_c, y_in, y_out = y.split(hidden_sizes(topology), dim=-1)
    net_k, y_k = output(topology, w_k, x, y_c)
    return Inside(s, y_in, y_out, y_c, net, net_k, y_k)


def step(
    topology: Topology, w: Tensor, x: Tensor, s: Tensor, y: Tensor, truncated: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the hidden units' net inputs, the cell states and the hidden activations at t.

    ``w``: (trial, hidden, source); ``x``: (trial, input) at t; ``s``: (trial, cell) and ``y``:
    (trial, hidden) at t-1. Truncation is the one ``detach``: ``y`` is cut, ``s`` is not.
    """
    g, h, f = SQUASH[topology.g], SQUASH[topology.h], SQUASH["logistic"]

    u = torch.cat([x, y.detach() if truncated else y, torch.ones_like(s[:, :1])], dim=1)
    net = (w @ u[:, :, None])[:, :, 0]
    net_c, net_in, net_out = net.split(hidden_sizes(topology), dim=1)
    y_in = f(net_in)
    y_out = f(net_out)
    s = s + each_cell(topology, y_in) * g(net_c)
    y_c = each_cell(topology, y_out) * h(s)
    return net, s, torch.cat([y_c, y_in, y_out], dim=1)


def advance(
    topology: Topology, w: Tensor, x: Tensor, s: Tensor, y: Tensor, truncated: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what ``step`` does, or ``plain.step`` for a plain unit."""
    if topology.plain:
        net, y = plain.step(topology, w, x, y)
        return net, s, y
    return step(topology, w, x, s, y, truncated)


def output(topology: Topology, w_k: Tensor, x: Tensor, y_c: Tensor) -> tuple[Tensor, Tensor]:
    """Return net inputs and activations of the output units, (trial, output) or over time.

    ``w_k``: (trial, output, source); ``x`` and ``y_c``: inputs and cell outputs at one time.
    """
    sources = torch.cat([y_c, x, torch.ones_like(x[..., :1])], dim=-1)
    net_k = torch.einsum("nks,...ns->...nk", w_k, sources)
    return net_k, SQUASH[topology.output](net_k)


def loss(topology: Topology, net_k: Tensor, y_k: Tensor, d: Tensor) -> Tensor:
    """Return half the squared error, summed over everything; d: targets, as ``y_k``.

    Equation 19 sends back f'(net)(d - y). In the reading without the slope f' only the gradient
    has a meaning: it sends back d - y.
    """
    if topology.output_slope:
        return 0.5 * ((d - y_k) ** 2).sum()
    return ((y_k - d).detach() * net_k).sum()


def start(topology: Topology, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return (trial, cell) states and (trial, hidden) activations before a sequence."""
    n = len(weights)
    s = weights.new_zeros(n, topology.n_cells)
    return s, weights.new_full((n, topology.n_hidden), topology.reset)


def dense(topology: Topology, x: Tensor, weights: Tensor) -> Tensor:
    """Return inputs as the weights' dtype, (…, trial, input); symbols become one-hot."""
    if topology.symbols:
        x = torch.nn.functional.one_hot(x.long(), topology.n_in)
    return x.to(weights.dtype)


def each_cell(topology: Topology, gate: Tensor) -> Tensor:
    """Return a block's gate for each of its cells, (trial, cell); an absent gate is 1."""
    if gate.shape[1] == 0:
        return gate.new_ones(len(gate), topology.n_cells)
    return gate.repeat_interleave(topology.block_size, dim=1)


def hidden_sizes(topology: Topology) -> list[int]:
    """Return how many cells, input gates and output gates there are."""
    n = topology.n_blocks
    return [topology.n_cells, n * topology.input_gate, n * topology.output_gate]


def connections(topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    """Return who feeds whom, as bool, in the order of the flat weights.

    (hidden, [inputs at t; hidden units at t-1; 1]) and (output, [cells at t; inputs at t; 1]).
    """
    hidden = np.ones((topology.n_hidden, topology.n_in + topology.n_hidden + 1), bool)
    hidden[:, topology.n_in : -1] = topology.recurrent or topology.plain
    hidden[:, -1] = topology.hidden_biased
    outputs = np.ones((topology.n_out, topology.n_cells + topology.n_in + 1), bool)
    outputs[:, topology.n_cells : -1] = topology.input_to_output
    outputs[:, -1] = topology.bias_outputs
    return hidden, outputs


def matrices(topology: Topology, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the weights as (trial, hidden, source) and (trial, output, source), else 0."""
    hidden, outputs = connections(topology)
    flat = weights.split([int(hidden.sum()), int(outputs.sum())], dim=1)
    full = []
    for fed, values in zip((hidden, outputs), flat, strict=True):
        matrix = values.new_zeros(len(values), *fed.shape)
        matrix[:, torch.from_numpy(fed)] = values
        full.append(matrix)
    return full[0], full[1]


def inside(
    topology: Topology, weights: np.ndarray, inputs: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what one trained net does with one sequence: ``Inside`` as (time, unit) float64.

    ``weights``: (weight,); ``inputs``: (time, input), or (time,) symbols.
    """
    w = torch.as_tensor(weights, dtype=torch.float64)[None]
    with torch.no_grad():
        seen = forward(topology, w, torch.as_tensor(inputs)[:, None])
    return {name: part[:, 0].numpy() for name, part in seen._asdict().items()}
