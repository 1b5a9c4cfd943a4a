"""The one unit that holds a bit: the table of the dilemma, its threshold, its gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.flow import latch

TABLE = [
    (1.05, 0.371, 0.906, 0.0073), (1.1, 0.503, 0.822, 0.0205), (1.25, 0.710, 0.619, 0.0778),
    (1.5, 0.859, 0.394, 0.208), (2, 0.958, 0.166, 0.533), (3, 0.995, 0.0305, 1.303),
]  # fmt: skip


@pytest.mark.parametrize(("w", "rest", "factor", "threshold"), TABLE)
def test_the_table_of_the_dilemma(w, rest, factor, threshold):
    assert latch.rest(w) == pytest.approx(rest, abs=6e-4)
    assert latch.factor(w) == pytest.approx(factor, rel=3e-3)
    assert latch.threshold(w) == pytest.approx(threshold, rel=0.01)


@given(st.floats(1.01, 6))
def test_rest_is_at_rest_and_the_logistic_twin_has_the_same_factor(w):
    assert np.tanh(w * latch.rest(w)) == pytest.approx(latch.rest(w), abs=1e-12)
    assert 0 < latch.factor(w) < 1
    assert latch.logistic_factor(4 * w) == pytest.approx(latch.factor(w), rel=1e-6)


@pytest.mark.parametrize("w", [0.3, 1.0])
def test_no_bit_without_a_weight_above_one(w):
    assert (latch.rest(w), latch.threshold(w)) == (0, 0)
    assert latch.factor(w) == w == latch.logistic_factor(4 * w)


@given(st.floats(1.05, 4), st.integers(0, 999))
@settings(max_examples=30)
def test_a_bit_is_safe_below_the_threshold_and_lost_above_it(w, seed):
    noise = np.random.default_rng(seed).uniform(-1, 1, 200) * latch.threshold(w)
    assert latch.hold(w, noise, latch.rest(w)).min() > 0
    worst = np.full(3_000, -1.05 * latch.threshold(w) - 1e-4)
    assert latch.hold(w, worst, latch.rest(w))[-1] < 0


def test_flow_is_the_derivative():
    x = np.random.default_rng(0).uniform(-0.3, 0.3, 12)
    first = torch.tensor(latch.rest(1.5), dtype=torch.float64, requires_grad=True)
    h = first
    for x_t in x:
        h = torch.tanh(1.5 * h + x_t)
    h.backward()
    logs = latch.flow(1.5, latch.hold(1.5, x, latch.rest(1.5)))
    assert logs[-1] == pytest.approx(np.log(first.grad.item()), abs=1e-12)
