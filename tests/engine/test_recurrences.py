"""The recurrences in C against the paper's nine equations and against the readable cell."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.engine import training
from replicate.engine.lanes import Lanes
from replicate.engine.library import LANES
from replicate.tasks.adding import Adding
from replicate.topology import Sequences, Topology, Update
from replicate.training import online, showing
from tests.cells.nine_equations import gradient_step
from tests.cells.test_lstm97 import plain_units, topologies
from tests.engine.nets import NET, NEVER, QUICK, loaded

SEEDS = st.integers(0, 2**32 - 1)
TARGETS = st.sampled_from(["end", "some", "every"])
STANDARD = {
    "input_to_output": False, "g": "centred2", "h": "centred1", "output": "logistic",
    "output_slope": True, "reset": 0.0,
}  # fmt: skip


def some_sequences(topology, draw, targets, count=3, longest=11):
    """Return sequences of different lengths, targets at the end, at some or at all steps."""
    lengths = draw.integers(4, longest + 1, count)
    inputs = draw.uniform(-1, 1, (count, longest, topology.n_in))
    if topology.symbols:
        inputs = draw.integers(0, topology.n_in, (count, longest))
    times = np.full((count, {"end": 1, "some": 3, "every": longest}[targets]), -1)
    for row, length in zip(times, lengths, strict=True):
        some = np.sort(draw.choice(length, min(3, length), replace=False))
        row[:length] = {"end": length - 1, "some": some, "every": np.arange(length)}[targets]
    wanted = draw.uniform(0, 1, (*times.shape, topology.n_out))
    if topology.symbols:
        wanted = draw.integers(0, topology.n_out, times.shape, np.int32)
    kind = np.int32 if topology.symbols else np.float64
    lengths, times = lengths.astype(np.int32), times.astype(np.int32)
    return Sequences(inputs.astype(kind), lengths, times, wanted, topology.n_out)


def close(found, true, rtol=1e-10):
    scale = max(1.0, np.abs(true).max())
    np.testing.assert_allclose(found, true, rtol=rtol, atol=rtol / 100 * scale)


# The nine equations know the paper's own net only.
@settings(max_examples=40, deadline=None)
@given(topologies().map(lambda t: replace(t, **STANDARD)), SEEDS, TARGETS)
def test_errors_gradients_and_weights_are_those_of_the_nine_equations(topology, seed, targets):
    draw = np.random.default_rng(seed)
    weights = draw.uniform(-1, 1, (LANES, topology.n_weights))
    chunks = [some_sequences(topology, draw, targets, 2) for _ in range(LANES)]
    rate = 0.7
    trained = loaded(topology, Update(rate), weights)
    # So large a rate leaves nothing of the old weights: what is left is the gradient.
    huge = 2.0**80
    gradient = loaded(topology, Update(huge), weights)
    gradient.walk([chunk.part(slice(1)) for chunk in chunks])
    results = trained.walk(chunks)
    for lane, (chunk, result) in enumerate(zip(chunks, results, strict=True)):
        w = weights[lane]
        for q in range(2):
            x, wanted = as_lists(topology, chunk, q)
            change, y = gradient_step(topology, w.tolist(), x, wanted)
            error = np.abs(np.array(list(wanted.values())) - y)
            close(result.max_error[q], error.max())
            close(result.mean_error[q], error.mean())
            close(result.mean_square[q], (error**2).mean())
            assert result.first_wrong[q] == first_wrong(error, list(wanted))
            if q == 0:
                close(gradient.weights(lane) / huge, change)
            w = w + rate * np.array(change)
        close(trained.weights(lane), w)


def as_lists(topology, chunk, q):
    x = chunk.inputs[q, : chunk.lengths[q]]
    times = [int(t) for t in chunk.target_times[q] if t >= 0]
    wanted = {t: d.tolist() for t, d in zip(times, chunk.wanted[q], strict=False)}
    return (np.eye(topology.n_in)[x] if topology.symbols else x).tolist(), wanted


def first_wrong(error, times):
    wrong = [t for t, e in zip(times, error, strict=True) if not e.max() < NEVER.tolerance]
    return wrong[0] if wrong else -1


@settings(max_examples=40, deadline=None)
@given(
    topologies() | plain_units(),
    SEEDS,
    TARGETS,
    st.sampled_from(["sequence", "step"]),
    st.sampled_from([0.0, 0.6]),
)
def test_every_topology_and_update_is_that_of_the_cell(
    topology, seed, targets, every, momentum
):
    draw = np.random.default_rng(seed)
    update = Update(0.1, every, momentum)
    learn = {"sequence": online.by_sequence, "step": online.by_step}[every]
    weights = torch.tensor(draw.uniform(-0.7, 0.7, (LANES, topology.n_weights)))
    change = torch.zeros_like(weights)
    chunks = [some_sequences(topology, draw, targets) for _ in range(LANES)]
    engine = loaded(topology, update, weights.numpy())
    results = engine.walk(chunks)
    for q in range(3):
        shown = showing.together(chunks, q)
        past, learns = online.Past.of(topology, weights), torch.ones_like(weights)
        e, weights, change, _ = learn(
            topology, update, weights, change, showing.batch(shown, weights), learns, past
        )
        for row, times, result in zip(e, shown.target_times, results, strict=True):
            error = row[times >= 0]
            close(result.max_error[q], error.max())
            close(result.mean_error[q], error.mean())
            close(result.mean_square[q], (error**2).mean())
            assert result.first_wrong[q] == first_wrong(error, times[times >= 0])
    close([engine.weights(lane) for lane in range(LANES)], weights.numpy())


# More outputs than lanes, and symbols that a sequence shows more than once.
MANY = Topology(
    5, 11, 1, 1, output_gate=False, recurrent=False, input_to_output=True, g="logistic",
    h="identity", symbols=True,
)  # fmt: skip
UNIT = replace(MANY, input_gate=False, plain=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("momentum", [0.0, 0.6])
@pytest.mark.parametrize("every", ["sequence", "step"])
@pytest.mark.parametrize("topology", [MANY, UNIT], ids=["cell", "plain unit"])
@pytest.mark.parametrize("targets", ["end", "some", "every"])
def test_symbols_to_many_outputs_are_those_of_the_cell(
    topology, targets, every, momentum, dtype
):
    draw = np.random.default_rng(7)
    update = Update(0.3, every, momentum)
    learn = {"sequence": online.by_sequence, "step": online.by_step}[every]
    start = draw.uniform(-0.7, 0.7, (LANES, topology.n_weights))
    chunks = [some_sequences(topology, draw, targets, 4) for _ in range(LANES)]
    dense = [replace(chunk, targets=chunk.wanted) for chunk in chunks]
    engines = []
    for shown in chunks, dense:
        engine = Lanes(topology, update, NEVER, dtype)
        for lane, row in enumerate(start):
            engine.load(lane, row)
        engines.append((engine, engine.walk(shown)))
    weights = torch.tensor(start)
    change = torch.zeros_like(weights)
    for q in range(4):
        shown = showing.batch(showing.together(chunks, q), weights)
        past, ones = online.Past.of(topology, weights), torch.ones_like(weights)
        _, weights, change, _ = learn(topology, update, weights, change, shown, ones, past)
    (engine, results), (other, others) = engines
    for lane in range(LANES):
        found = engine.weights(lane)
        close(found, weights[lane].numpy(), 1e-10 if dtype == "float64" else 1e-4)
        np.testing.assert_array_equal(found, other.weights(lane))
        for name in ("max_error", "mean_error", "mean_square", "first_wrong"):
            one, same = (getattr(r[lane], name) for r in (results, others))
            np.testing.assert_array_equal(one, same)


@dataclass(frozen=True)
class Other:
    """The adding problem with another net, update or number of targets."""

    base: Adding
    net: Topology
    rule: Update
    late: int = 1  # targets stand at so many last steps

    def topology(self):
        return self.net

    def update(self):
        return self.rule

    def stopping(self):
        return self.base.stopping()

    def growth(self):
        return None

    def initial_weights(self, seed):
        return np.random.default_rng(seed).uniform(-0.4, 0.4, self.net.n_weights)

    def sequences(self, seed, stream, first, count):
        made = self.base.sequences(seed, stream, first, count)
        times = made.target_times + np.arange(1 - self.late, 1, dtype=np.int32)
        targets = np.repeat(made.targets, self.late, axis=1)
        return replace(made, target_times=times, targets=targets)


SHORT = replace(QUICK, cap=200, streak=1000)
# Experiment 2a: g in (0, 1), h the identity, no output gate, outputs see the inputs.
NET_2A = Topology(
    2, 1, 2, 1, output_gate=False, recurrent=False, input_to_output=True,
    g="logistic", h="identity",
)  # fmt: skip
VARIANTS = {
    "quick": SHORT,
    "reset 0.5, no slope": replace(SHORT, reset=0.5, output_unit="no_slope", learning_rate=0.5),
    "identity output": replace(SHORT, output_unit="identity", learning_rate=0.1),
    "centred2 output": replace(SHORT, output_unit="centred2", learning_rate=0.3),
    "momentum": Other(SHORT, replace(NET, input_to_output=True), Update(0.3, momentum=0.9)),
    "each step, momentum": Other(SHORT, NET, Update(0.2, "step", 0.8), late=2),
    "net of experiment 2a": Other(SHORT, NET_2A, Update(0.5, "step"), late=2),
}


@pytest.mark.parametrize("setting", VARIANTS.values(), ids=VARIANTS.keys())
def test_200_sequences_of_the_adding_problem_agree_with_the_cell(setting):
    agree_for_200_sequences(setting)


@pytest.mark.slow
def test_200_sequences_of_the_papers_setting_agree_with_the_cell():
    agree_for_200_sequences(Adding(cap=200, n_test=64))


def agree_for_200_sequences(setting):
    found = {o.seed: o for o in training.walk(setting, iter(range(8)))}
    for twin in online.walk(setting, range(8)):
        agree(found[twin.seed], twin)
        start = setting.initial_weights(twin.seed)
        assert np.abs(twin.weights - start).max() > 0.01, "nothing was learnt"


def agree(one, other):
    for name in ("seed", "status", "sequences", "steps"):
        assert getattr(one, name) == getattr(other, name), name
    close(one.weights, other.weights)
    assert one.test["wrong"] == other.test["wrong"]
    assert one.test == pytest.approx(other.test, rel=1e-9)


@pytest.mark.slow
def test_whole_trials_stop_where_the_cells_do():
    seeds = [1, 2, 4, 6, 7, 9, 11, 14]  # eight that end soon
    found = {o.seed: o for o in training.walk(QUICK, iter(seeds))}
    assert {o.status for o in found.values()} == {"solved"}
    assert len({o.sequences for o in found.values()}) == 8
    for twin in online.walk(QUICK, seeds):
        outcome = found[twin.seed]
        for name in ("status", "sequences", "steps"):
            assert getattr(outcome, name) == getattr(twin, name)
        assert outcome.test["wrong"] == twin.test["wrong"]
        np.testing.assert_allclose(outcome.weights, twin.weights, rtol=1e-6, atol=1e-8)
