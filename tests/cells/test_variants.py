"""The variants are torch's nets, or the cell of 1997, where they should be."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from replicate.cells import lstm97, variants
from replicate.cells.shape import NETS, Shape
from replicate.topology import Topology

every_cell = pytest.mark.parametrize("cell", NETS)


def net(cell, seed=0, n_blocks=3, block_size=1, nets=2):
    shape = Shape(cell, 3, 2, n_blocks, block_size)
    made = torch.Generator().manual_seed(seed)
    weights = torch.randn(nets, shape.n_weights, generator=made, dtype=torch.float64)
    inputs = torch.randn(6, nets, 4, 3, generator=made, dtype=torch.float64)
    return shape, weights, inputs


def torchs(layer, shape, weights, inputs, order, signs=None):
    """Return what torch's layer shows of the first net, its weights put in torch's order."""
    hidden = variants.matrices(shape, weights).hidden[0]
    parts = dict(zip(shape.rows, hidden.split(list(shape.rows.values())), strict=True))
    rows = torch.cat([parts[name] * (-1 if name in (signs or "") else 1) for name in order])
    made = layer(shape.n_in, shape.n_cells, dtype=torch.float64)
    with torch.no_grad():
        made.weight_ih_l0.copy_(rows[:, : shape.n_in])
        made.weight_hh_l0.copy_(rows[:, shape.n_in : -1])
        made.bias_ih_l0.copy_(rows[:, -1])
        made.bias_hh_l0.zero_()
        return made(inputs[:, 0])[0]


@given(seed=st.integers(0, 50), n_blocks=st.integers(1, 5))
def test_they_are_torchs_nets(seed, n_blocks):
    for cell, layer, order in (
        ("rnn", torch.nn.RNN, "z"),
        ("lstm2000", torch.nn.LSTM, "ifzo"),
    ):
        shape, weights, inputs = net(cell, seed, n_blocks)
        shown = variants.forward(shape, weights, inputs).y[:, 0]
        torch.testing.assert_close(shown, torchs(layer, shape, weights, inputs, order))


def test_gru_is_torchs_if_the_gate_stands_after_the_weights():
    shape, weights, inputs = net("gru", n_blocks=1)
    m = variants.matrices(shape, weights)
    m.hidden[:, 0, shape.n_in] = 0.0  # r gates nothing: both orders are one
    shown = variants.forward(shape, weights, inputs).y[:, 0]
    torch.testing.assert_close(shown, torchs(torch.nn.GRU, shape, weights, inputs, "ruz"))


def test_lstm97_is_the_cell_of_1997():
    """g = 2 tanh(x/2) and h = tanh(s/2): doubled cell inputs give doubled states."""
    shape, weights, inputs = net("lstm97", n_blocks=2, block_size=2, nets=1)
    old = Topology(
        3, 2, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True, output="identity"
    )
    hidden, _, outputs = variants.matrices(shape, weights)
    full = torch.zeros(1, 8, 3 + 8 + 1, dtype=torch.float64)  # gates feed no unit
    full[:, :, :7], full[:, :, -1] = hidden[..., :-1], hidden[..., -1]
    full[:, :4] *= 2
    flat = torch.cat([full.flatten(1), outputs.flatten(1)], dim=1)
    mine = variants.forward(shape, weights, inputs[:, :, :1])
    theirs = lstm97.forward(old, flat, inputs[:, :, 0], truncated=False)
    torch.testing.assert_close(mine.y[:, :, 0], theirs.y_c)
    torch.testing.assert_close(2 * mine.s[:, :, 0], theirs.s)
    torch.testing.assert_close(mine.logits[:, :, 0], theirs.y_k)


def test_each_addition_contains_what_it_is_added_to():
    shape, weights, inputs = net("peephole", n_blocks=2, block_size=2)
    variants.matrices(shape, weights).peepholes.zero_()
    plain = Shape("lstm2000", 3, 2, 2, 2)
    size = shape.sizes["peepholes"]
    a, b = shape.n_weights - size[0] * size[1] - 2 * 5, 2 * 5
    same = torch.cat([weights[:, :a], weights[:, -b:]], dim=1)
    seen = variants.forward(shape, weights, inputs)
    torch.testing.assert_close(seen, variants.forward(plain, same, inputs))
    same[:, plain.biases("f")] = 1e3  # gates that never forget
    hidden = variants.matrices(plain, same).hidden
    forgets = torch.cat([hidden[:, :6], hidden[:, 8:]], dim=1).flatten(1)
    old = torch.cat([forgets, same[:, -b:]], dim=1)
    never = variants.forward(plain, same, inputs)
    torch.testing.assert_close(
        never, variants.forward(Shape("lstm97", 3, 2, 2, 2), old, inputs)
    )


@every_cell
def test_gradients_are_right(cell):
    block = 1 if cell in ("rnn", "gru") else 2
    shape, weights, inputs = net(cell, n_blocks=2, block_size=block)

    def loss(w):
        return (variants.forward(shape, w, inputs).logits ** 2).mean()

    assert torch.autograd.gradcheck(loss, weights.requires_grad_())


@every_cell
def test_nets_do_not_mix(cell):
    shape, weights, inputs = net(cell)
    alone = variants.forward(shape, weights[1:], inputs[:, 1:])
    both = variants.forward(shape, weights, inputs)
    torch.testing.assert_close(both.y[:, 1:], alone.y)


@every_cell
def test_nudges_are_what_a_step_hands_on(cell):
    shape, weights, inputs = net(cell)
    plain = variants.forward(shape, weights, inputs)
    nudges = torch.zeros(6, 2, 4, 3, dtype=torch.float64)
    torch.testing.assert_close(variants.forward(shape, weights, inputs, nudges), plain)
    nudges[2] = 0.1
    moved = variants.forward(shape, weights, inputs, nudges)
    assert torch.equal(moved.s[:2], plain.s[:2])
    torch.testing.assert_close(moved.s[2], plain.s[2] + 0.1)
    assert not torch.allclose(moved.s[3], plain.s[3])


def test_biases_stand_at_the_ends_of_rows():
    shape = Shape("peephole", 3, 2, 2, 2)
    weights = torch.zeros(1, shape.n_weights)
    weights[:, shape.biases("f")] = 1.0
    hidden = variants.matrices(shape, weights).hidden[0]
    assert np.argwhere(hidden.numpy()).tolist() == [[6, 7], [7, 7]]
