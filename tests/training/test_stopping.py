"""The stopping rule acts at the very sequence that fulfils it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.topology import Growth, Mark, Stopping
from replicate.training.stopping import Stall, Watch
from tests.engine.nets import streak

RULE = streak(tolerance=0.5, mean_below=0.25, length=4, cap=30)


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
        last = sizes[max(0, n - rule.among) : n]
        correct = len(last) == rule.among and max(last) < rule.tolerance
        if correct and sum(last) / rule.among < rule.marks[0].mean_below:
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


STEADY = st.lists(st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75]), max_size=40)
MARKS = (Mark("some", fewer=3), Mark("few", fewer=2, mean_below=0.25), Mark(fewer=1))


@given(STEADY)
def test_marks_are_passed_in_order_and_the_last_ends_training(sizes):
    watch = Watch(Stopping(0.5, 4, MARKS, cap=30))
    found, end = {}, None
    for size in sizes:
        end = watch.see(np.array([size]), 1)
        found |= {mark.name: watch.sequences for mark in watch.passed}
        if end:
            break
    ahead, wanted = list(MARKS), {}
    for n in range(4, min(len(sizes), 30) + 1):
        last = sizes[n - 4 : n]
        wrong, mean = sum(size >= 0.5 for size in last), sum(last) / 4
        while ahead and wrong < ahead[0].fewer and mean < ahead[0].mean_below:
            wanted[ahead.pop(0).name] = n
    assert found == wanted
    assert (end == "solved") == ("solved" in wanted)


def test_a_frozen_check_is_due_every_so_often_and_shows_fresh_sequences():
    marks = (Mark("ST1", fewer=3), Mark(fewer=3, mean_below=0.1))
    watch = Watch(Stopping(0.5, 10, marks, every=4, cap=12))
    due = []
    for n in range(1, 13):
        watch.see(np.array([0.0]), 1)
        if watch.due:
            due.append((n, watch.first_check))
            watch.check(wrong=2, mean=0.2)
            assert [mark.name for mark in watch.passed] == (["ST1"] if n == 4 else [])
    assert due == [(4, 0), (8, 10), (12, 20)]
    assert watch.end() == "capped"
    watch.check(2, 0.05)
    assert watch.end() == "solved"
    assert Watch(Stopping(0.5, 10, marks, every=1, same=True)).rule.same


@given(st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=9, max_size=9), st.integers(1, 3))
def test_an_error_stalls_when_a_window_is_hardly_better_than_the_one_before(errors, window):
    stall = Stall(Growth(window, 0.9))
    found = [n for n, e in enumerate(errors, 1) if stall.see(np.array([e]))]
    ends = range(2 * window, 10, window)
    assert found == [
        n
        for n in ends
        if not sum(errors[n - window : n]) < 0.9 * sum(errors[n - 2 * window : n - window])
    ]
