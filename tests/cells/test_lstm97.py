"""The 1997 cell: gradients by finite differences, the carousel, the paper's weight counts."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.cells import lstm97
from replicate.topology import ACTIVATIONS, Topology

STEP = 3e-4
ADDING = Topology(2, 1, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True)


@st.composite
def topologies(draw):
    flag = st.booleans()
    return Topology(
        n_in=draw(st.integers(1, 3)),
        n_out=draw(st.integers(1, 3)),
        n_blocks=draw(st.integers(1, 3)),
        block_size=draw(st.integers(1, 3)),
        input_gate=draw(flag),
        output_gate=draw(flag),
        recurrent=draw(flag),
        input_to_output=draw(flag),
        bias_cells=draw(flag),
        bias_gates=draw(flag),
        bias_outputs=draw(flag),
        g=draw(st.sampled_from(ACTIVATIONS)),
        h=draw(st.sampled_from(ACTIVATIONS)),
        output=draw(st.sampled_from(ACTIVATIONS)),
        output_slope=draw(flag),
        symbols=draw(flag),
        reset=draw(st.sampled_from([0.0, 0.5])),
    )


def plain_units():
    """Return a strategy for nets of one plain unit."""
    bare = {"n_blocks": 1, "block_size": 1, "input_gate": False, "output_gate": False}
    bare |= {"recurrent": False, "h": "identity", "plain": True}
    return topologies().map(lambda topology: replace(topology, **bare))


class Case:
    """A net with random weights, one sequence and targets at every step or at the end."""

    def __init__(self, topology, seed, every_step=True, time=7):
        draw = np.random.default_rng(seed)
        self.topology = topology
        self.weights = torch.tensor(draw.uniform(-0.5, 0.5, (1, topology.n_weights)))
        symbols = torch.tensor(draw.integers(0, topology.n_in, (time, 1)))
        dense = torch.tensor(draw.uniform(-1, 1, (time, 1, topology.n_in)))
        self.inputs = symbols if topology.symbols else dense
        self.targets = torch.tensor(draw.uniform(0, 1, (time, 1, topology.n_out)))
        self.at = slice(None) if every_step else slice(-1, None)
        self.seen = lstm97.forward(topology, self.weights, self.inputs)

    def gradient(self, truncated=True):
        w = self.weights.clone().requires_grad_()
        seen = lstm97.forward(self.topology, w, self.inputs, truncated)
        at, d = self.at, self.targets
        loss = lstm97.loss(self.topology, seen.net_k[at], seen.y_k[at], d[at])
        return torch.autograd.grad(loss, w)[0][0].numpy()

    def errors(self, net_k, y_k):
        """Return the error of each trial, whose gradient is the error signal; (trial,)."""
        d = self.targets
        if self.topology.output_slope:
            return 0.5 * ((d - y_k) ** 2)[self.at].sum(dim=(0, 2))
        return ((self.seen.y_k - d) * net_k)[self.at].sum(dim=(0, 2))

    def live(self, weights):
        seen = lstm97.forward(self.topology, weights, self.for_each(self.inputs, weights))
        return self.errors(seen.net_k, seen.y_k)

    def frozen(self, weights):
        """Return errors with the recorded hidden activations as what hidden units see."""
        before = lstm97.start(self.topology, self.weights)[1]
        recorded = torch.cat([self.seen.y_c, self.seen.y_in, self.seen.y_out], dim=-1)
        recorded = self.for_each(torch.cat([before[None], recorded[:-1]]), weights)
        w, w_k = lstm97.matrices(self.topology, weights)
        s, _ = lstm97.start(self.topology, weights)
        x = lstm97.dense(self.topology, self.for_each(self.inputs, weights), weights)
        y_c = []
        for x_t, y_before in zip(x, recorded, strict=True):
            _, s, y = lstm97.step(self.topology, w, x_t, s, y_before)
            y_c.append(y[:, : self.topology.n_cells])
        return self.errors(*lstm97.output(self.topology, w_k, x, torch.stack(y_c)))

    @staticmethod
    def for_each(sequence, weights):
        return sequence.expand(-1, len(weights), *sequence.shape[2:])

    def slopes(self, errors):
        """Return the finite differences of fourth order of errors(weights), (weight,)."""
        units = torch.eye(self.weights.shape[1], dtype=self.weights.dtype)

        def rise(h):
            return errors(self.weights + h * units) - errors(self.weights - h * units)

        return ((8 * rise(STEP) - rise(2 * STEP)) / (12 * STEP)).numpy()

    def close(self, one, other):
        size = max(1.0, np.abs(one).max(), self.live(self.weights).abs().item())
        return np.abs(one - other).max() < 1e-9 * size


@settings(max_examples=60, deadline=None)
@given(topologies(), st.integers(0, 2**32 - 1), st.booleans())
def test_truncated_gradient_is_that_of_frozen_recurrent_activations(topology, seed, every_step):
    case = Case(topology, seed, every_step)
    assert case.close(case.gradient(), case.slopes(case.frozen))


@settings(max_examples=60, deadline=None)
@given(topologies() | plain_units(), st.integers(0, 2**32 - 1), st.booleans())
def test_full_gradient_is_that_of_the_live_net(topology, seed, every_step):
    case = Case(topology, seed, every_step)
    assert case.close(case.gradient(truncated=False), case.slopes(case.live))


def test_full_gradient_passes_gradcheck():
    case = Case(ADDING, seed=0)
    w = case.weights.clone().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda w: lstm97.forward(ADDING, w, case.inputs, truncated=False)[:4], w
    )


@pytest.mark.parametrize("seed", range(5))
def test_truncation_is_exact_for_the_output_layer_only(seed):
    case = Case(ADDING, seed)
    truncated, live = case.gradient(), case.slopes(case.live)
    outputs = -(ADDING.n_cells + 1)
    assert case.close(truncated[outputs:], live[outputs:])
    rows = np.split((truncated - live)[:outputs], ADDING.n_hidden)
    for row in rows:
        assert np.abs(row).max() > 1e-6


def test_weights_decide_in_the_documented_order():
    topology = replace(ADDING, bias_cells=False, input_to_output=True)
    weights = torch.arange(1.0, topology.n_weights + 1)[None]
    w, w_k = (m[0].numpy() for m in lstm97.matrices(topology, weights))
    assert w.shape == (8, 11)
    assert w_k.shape == (1, 7)
    np.testing.assert_array_equal(w[0], [*range(1, 11), 0])
    np.testing.assert_array_equal(w[4], range(41, 52))
    np.testing.assert_array_equal(w_k[0], range(85, 92))
    biases = topology.bias_index("input_gates")
    np.testing.assert_array_equal(w[4:6, -1], weights[0, biases])


def closed(topology, weights):
    """Return weights with every input gate shut so firmly that it is 0 to the last bit."""
    weights = weights.clone()
    weights[:, topology.bias_index("input_gates")] = -1e4
    return weights


def test_closed_carousel_keeps_its_state_to_the_last_bit():
    case = Case(ADDING, seed=3, time=50)
    w, _ = lstm97.matrices(ADDING, closed(ADDING, case.weights))
    s = held = torch.tensor([[0.1, -1.7, 3.3, 1e-9]], dtype=torch.float64)
    _, y = lstm97.start(ADDING, case.weights)
    for x in case.inputs:
        _, s, y = lstm97.step(ADDING, w, x, s, y)
        assert torch.equal(s, held)


@pytest.mark.parametrize("open_gates", [False, True])
def test_carousel_passes_the_error_back_unscaled(open_gates):
    case = Case(ADDING, seed=3, time=50)
    weights = case.weights if open_gates else closed(ADDING, case.weights)
    w, _ = lstm97.matrices(ADDING, weights)
    first = s = torch.tensor([[0.1, -1.7, 3.3, 0.2]], dtype=torch.float64, requires_grad=True)
    _, y = lstm97.start(ADDING, weights)
    for x in case.inputs:
        _, s, y = lstm97.step(ADDING, w, x, s, y)
    error = torch.tensor([[1.0, -0.3, 1e-12, 7.1]], dtype=torch.float64)
    assert torch.equal(torch.autograd.grad(s, first, error)[0], error)


def test_trials_together_are_trials_alone():
    topology = replace(ADDING, n_out=2, input_to_output=True)
    cases = [Case(topology, seed) for seed in range(5)]
    weights = torch.cat([c.weights for c in cases])
    together = lstm97.forward(topology, weights, torch.cat([c.inputs for c in cases], dim=1))
    for i, case in enumerate(cases):
        for one, all_ in zip(case.seen, together, strict=True):
            torch.testing.assert_close(one[:, 0], all_[:, i], rtol=1e-13, atol=1e-14)


def test_reset_is_what_hidden_units_see_first():
    topology = replace(ADDING, reset=0.5)
    case = Case(topology, seed=5)
    w, _ = (m[0] for m in lstm97.matrices(topology, case.weights))
    first = w[:, :2] @ case.inputs[0, 0] + 0.5 * w[:, 2:-1].sum(dim=1) + w[:, -1]
    torch.testing.assert_close(case.seen.net[0, 0], first)


def test_symbols_are_one_hot_inputs():
    topology = Topology(4, 2, 2, 1, symbols=True)
    case = Case(topology, seed=1)
    one_hot = torch.nn.functional.one_hot(case.inputs, 4)
    dense = lstm97.forward(replace(topology, symbols=False), case.weights, one_hot)
    for one, other in zip(case.seen, dense, strict=True):
        assert torch.equal(one, other)


def test_inside_is_the_forward_pass():
    case = Case(ADDING, seed=2)
    inside = lstm97.inside(ADDING, case.weights[0].numpy(), case.inputs[:, 0].numpy())
    assert set(inside) == {"s", "y_in", "y_out", "y_c", "net", "net_k", "y_k"}
    for name, values in inside.items():
        assert isinstance(values, np.ndarray)
        np.testing.assert_array_equal(values, getattr(case.seen, name)[:, 0])
    np.testing.assert_allclose(np.diff(inside["s"][:, 0]), (
        inside["y_in"][1:, 0] * (4 / (1 + np.exp(-inside["net"][1:, 0])) - 2)
    ))  # fmt: skip


F = {"n_blocks": 2, "block_size": 1}
FULL = {"bias_cells": True, "bias_gates": True, "bias_outputs": True}
B = {"output_gate": False, "recurrent": False, "input_to_output": True, "n_blocks": 1}
PAPER = [
    ("1, Table 1, 4 blocks of 1", Topology(7, 7, 4, 1, bias_gates=True), 264),
    ("1, Table 1, 3 blocks of 2", Topology(7, 7, 3, 2, bias_gates=True), 276),
    ("2a, p = 4", Topology(5, 5, block_size=1, **B), 40),
    ("2a, p = 10", Topology(11, 11, block_size=1, **B), 154),
    ("2a and 2b, Table 2, p = 100", Topology(101, 101, block_size=1, **B), 10504),
    *((f"2c, Table 3, p = {p}", Topology(p + 4, 2, **F), w)
      for p, w in [(50, 364), (100, 664), (200, 1264), (500, 3064), (1000, 6064)]),
    ("3, Tables 4-6", Topology(1, 1, 3, 1, bias_cells=True, bias_gates=True), 102),
    ("4 and 5, Tables 7 and 8", Topology(2, 1, 2, 2, **FULL), 93),
    ("6a, Table 9", Topology(8, 4, 2, 2, **FULL), 156),
    ("6b, Table 9", Topology(8, 8, 3, 2, **FULL), 308),
]  # fmt: skip


@pytest.mark.parametrize(("place", "topology", "count"), PAPER)
def test_weight_counts_are_those_of_the_paper(place, topology, count):
    assert topology.n_weights == count
    assert sum(fed.sum() for fed in lstm97.connections(topology)) == count


@settings(max_examples=30, deadline=None)
@given(topologies())
def test_every_weight_is_one_connection(topology):
    assert sum(fed.sum() for fed in lstm97.connections(topology)) == topology.n_weights


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_cpu():
    case = Case(ADDING, seed=4)
    seen = lstm97.forward(ADDING, case.weights.cuda(), case.inputs.cuda())
    for one, other in zip(case.seen, seen, strict=True):
        torch.testing.assert_close(one, other.cpu(), rtol=1e-10, atol=1e-12)
