"""The stopping rule acts at the very sequence that fulfils it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.topology import Streak
from replicate.training.stopping import Watch, measured

RULE = Streak(tolerance=0.5, mean_below=0.25, length=4, cap=30)


def watched(sizes, rule=RULE):
    """Return how and after how many sequences training ends, given each one's |e|."""
    watch = Watch(rule)
    for size in sizes:
        status = watch.see(np.array([size]), length=3)
        if status:
            return status, watch.sequences
    return None, watch.sequences


def expected(sizes, rule=RULE):
    for n in range(1, len(sizes) + 1):
        last = sizes[max(0, n - rule.length) : n]
        correct = len(last) == rule.length and max(last) < rule.tolerance
        if correct and sum(last) / rule.length < rule.mean_below:
            return "solved", n
        if n == rule.cap:
            return "capped", n
    return None, len(sizes)


# Quarters and eighths have exact sums, so that equality with the bound is met and excluded.
@given(st.lists(st.sampled_from([0.0, 0.125, 0.25, 0.375, 0.5, 0.75]), max_size=40))
def test_streak_is_what_it_says(sizes):
    assert watched(sizes) == expected(sizes)


@given(st.lists(st.sampled_from([0.0, 0.25, 0.375]), max_size=40))
def test_mean_of_correct_sequences_counts_too(sizes):
    assert watched(sizes) == expected(sizes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_first_number_that_is_not_finite_is_divergence(bad):
    watch = Watch(RULE)
    assert watch.see(np.array([0.1, 0.3]), 5) is None
    assert watch.see(np.array([0.1, bad]), 5) == "diverged"
    assert (watch.sequences, watch.steps) == (2, 10)
    assert watch.curve.points() == [[1, 0.2, 0]]
    assert Watch(RULE).see(np.array([0.1]), 5, finite=False) == "diverged"


def test_a_sequence_is_as_wrong_as_its_worst_error():
    watch = Watch(RULE)
    watch.see(np.array([[0.0], [0.5]]), 5)
    watch.see(np.array([[0.0], [0.499]]), 5)
    assert watch.curve.points()[0][2] == 1


def test_test_numbers():
    errors = [np.array([[0.5, 0.1]]), np.array([[0.2], [0.2], [0.2]])]
    assert measured(errors, 0.5) == pytest.approx(
        {"sequences": 2, "wrong": 1, "mean_abs_error": 0.25, "mean_squared_error": 0.085}
    )
