"""Eight trials side by side: when they end, what they leave alone, what is reported."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.engine import training
from replicate.engine.lanes import Lanes
from replicate.engine.library import LANES
from replicate.topology import Sequences, Topology, Update
from tests.engine.nets import NET, NEVER, QUICK, loaded, streak

# A net that always says 0 and learns nothing: its errors are its targets. Eighths have exact
# sums, so that a mean that equals the bound is met, and excluded.
MUTE = Topology(1, 1, 1, 1, output="identity")
SIZES = st.lists(
    st.sampled_from([0.0, 0.125, 0.25, 0.375, 0.5, 0.75, np.nan, np.inf]), max_size=50
)
CORRECT = st.lists(st.sampled_from([0.0, 0.25, 0.375]), max_size=50)


def ending(sizes, rule):
    """Return how and after how many sequences a trial ends, word by word as the rule says."""
    for n in range(1, len(sizes) + 1):
        last = sizes[max(0, n - rule.among) : n]
        if not np.isfinite(sizes[n - 1]):
            return "diverged", n
        correct = len(last) == rule.among and all(size < rule.tolerance for size in last)
        if correct and sum(last) / rule.among < rule.marks[0].mean_below:
            return "marked", n
        if n == rule.cap:
            return "capped", n
    return "none", len(sizes)


def silent(sizes):
    """Return one-step sequences whose errors have these sizes, of either sign."""
    n = len(sizes)
    signed = np.array(sizes) * np.resize([1, -1], n)
    times = np.zeros((n, 1), np.int32)
    return Sequences(np.zeros((n, 1, 1)), np.ones(n, np.int32), times, signed[:, None, None])


@settings(deadline=None)
@given(
    st.lists(SIZES | CORRECT, min_size=8, max_size=8),
    st.integers(1, 6),
    st.sampled_from([0.125, 0.25, 0.3, 1.0]),
    st.integers(1, 60),
    st.integers(1, 50),
)
def test_trials_end_at_the_very_sequence(trials, length, mean_below, cap, size):
    rule = streak(tolerance=0.5, mean_below=mean_below, length=length, cap=cap)
    engine = loaded(MUTE, Update(0.0), np.zeros((LANES, MUTE.n_weights)), rule)
    for first in range(0, 50, size):
        engine.walk([silent(sizes[first : first + size]) for sizes in trials])
    for lane, sizes in enumerate(trials):
        n = engine.progress(lane).sequences
        assert (engine.event(lane), n) == ending(sizes, rule)
        assert engine.progress(lane).steps == n


def test_bounds_are_excluded_and_a_solved_trial_is_not_capped():
    rule = streak(tolerance=0.5, mean_below=0.25, length=4, cap=8)
    for sizes, end in {
        (0.25,) * 8: ("capped", 8),
        (0.25,) * 3 + (0.125,): ("marked", 4),
        (0.125,) * 3 + (0.5,) + (0.125,) * 4: ("marked", 8),
        (0.125,) * 4 + (0.5,): ("marked", 4),
        (0.375,) * 4 + (0.25, 0.125, 0.125): ("marked", 7),
    }.items():
        engine = loaded(MUTE, Update(0.0), [np.zeros(MUTE.n_weights)], rule)
        engine.walk([silent(sizes)] + [None] * 7)
        assert (engine.event(0), engine.progress(0).sequences) == end == ending(sizes, rule)


def test_weights_that_overflow_end_a_trial_even_if_its_error_is_finite():
    net = replace(MUTE, bias_outputs=True)
    engine = loaded(net, Update(1e308), np.zeros((1, net.n_weights)))
    (result, *_) = engine.walk([silent([5.0, 5.0])] + [None] * 7)
    assert (engine.event(0), result.max_error.tolist()) == ("diverged", [5.0])


def test_a_trial_that_ended_changes_no_more():
    engine = loaded(NET, Update(0.5), np.full((2, 93), 0.1), streak(0.1, 0.0, 10, cap=5))
    chunk = QUICK.sequences(0, "training", 0, 20)
    engine.walk([chunk, None] + [None] * 6)
    weights = engine.weights(0)
    assert (engine.event(0), engine.progress(0).sequences) == ("capped", 5)
    (result, *_) = engine.walk([chunk, chunk] + [None] * 6)
    assert len(result.max_error) == 0
    assert np.array_equal(engine.weights(0), weights)
    assert np.array_equal(engine.weights(1), weights)
    engine.load(0, np.full(93, 0.1))
    engine.walk([chunk] + [None] * 7)
    assert np.array_equal(engine.weights(0), weights)


@pytest.mark.parametrize("every", ["sequence", "step"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_lane_that_diverges_leaves_the_others_as_they_were(every, dtype):
    net = replace(NET, g="identity", h="identity", output="identity")
    chunks = [QUICK.sequences(seed, "training", 0, 6) for seed in range(LANES)]
    weights = np.random.default_rng(0).uniform(-0.4, 0.4, (LANES, net.n_weights))

    def walked(explode):
        engine = Lanes(net, Update(0.01, every), NEVER, dtype)
        for lane, w in enumerate(weights):
            engine.load(lane, w * (1e30 if lane in explode else 1))
        engine.walk(chunks)
        return engine

    calm, explosive = walked([]), walked([2, 5])
    for lane in range(LANES):
        if lane in (2, 5):
            assert explosive.event(lane) == "diverged"
            assert explosive.progress(lane).sequences < 6
        else:
            assert explosive.event(lane) == calm.event(lane) == "none"
            assert np.array_equal(explosive.weights(lane), calm.weights(lane))


def test_looking_learns_nothing_and_counts_nothing():
    engine = loaded(NET, Update(0.5), [QUICK.initial_weights(3)])
    chunk = QUICK.sequences(3, "training", 0, 30)
    looked = engine.walk([chunk] + [None] * 7, learn=False)[0]
    assert np.array_equal(engine.weights(0), QUICK.initial_weights(3))
    assert engine.progress(0).sequences == 0
    trained = engine.walk([chunk] + [None] * 7)[0]
    assert looked.max_error[0] == trained.max_error[0]
    assert not np.array_equal(looked.max_error, trained.max_error)


def test_outcomes_come_as_trials_end_and_say_what_was_tested():
    walk = training.walk(QUICK, iter(range(20)))
    ended = list(islice(walk, 12))
    assert len({o.seed for o in ended}) == 12
    for outcome in ended:
        assert outcome.curve[-1][0] == outcome.sequences
        assert 20 * outcome.sequences < outcome.steps < 22 * outcome.sequences
        engine = loaded(NET, QUICK.update(), [outcome.weights])
        chunk = QUICK.sequences(outcome.seed, "test", 0, QUICK.n_test)
        result = engine.walk([chunk] + [None] * 7, learn=False)[0]
        assert outcome.test == {
            "sequences": QUICK.n_test,
            "wrong": (result.max_error >= QUICK.tolerance).sum(),
            "mean_abs_error": pytest.approx(result.mean_error.mean()),
            "mean_squared_error": pytest.approx(result.mean_square.mean()),
        }


def test_float32_is_single_precision():
    double, single = (
        next(training.walk(replace(QUICK, cap=200), iter([0]), d))
        for d in ("float64", "float32")
    )
    assert np.array_equal(single.weights, single.weights.astype(np.float32))
    assert not np.array_equal(double.weights, double.weights.astype(np.float32))
    np.testing.assert_allclose(single.weights, double.weights, atol=1e-3)
