"""The learning curve does not depend on how the sequences arrive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.curve import POINTS, WINDOW, Curve


def curve_of(errors, wrong, cuts):
    curve = Curve()
    for e, w in zip(np.split(errors, cuts), np.split(wrong, cuts), strict=True):
        curve.add(e, w)
    return curve.points()


@given(st.integers(0, 5000), st.lists(st.integers(0, 5000), max_size=8))
def test_chunks_do_not_matter(n, cuts):
    errors = np.exp(np.cos(np.arange(n) ** 2) * 9)
    wrong = errors > 1
    whole = curve_of(errors, wrong, [])
    assert curve_of(errors, wrong, sorted(min(c, n) for c in cuts)) == whole


def test_windows_hold_their_own_sequences():
    errors = np.repeat([0.5, 0.25, 0.125], [WINDOW, WINDOW, 10])
    points = curve_of(errors, errors > 0.3, [])
    assert points == [[WINDOW, 0.5, WINDOW], [2 * WINDOW, 0.25, 0], [2 * WINDOW + 10, 0.125, 0]]


@pytest.mark.parametrize("windows", [POINTS, POINTS + 1, 2 * POINTS, 5 * POINTS + 3])
def test_long_curves_are_merged_without_loss(windows):
    n = windows * WINDOW - 7
    wrong = np.arange(n) % 11 == 0
    points = curve_of(np.ones(n), wrong, [])
    assert POINTS / 2 <= len(points) <= POINTS
    assert points[-1][0] == n
    assert sum(p[2] for p in points) == wrong.sum()
    assert {p[1] for p in points} == {1.0}
    assert len(set(np.diff([p[0] for p in points[:-1]]))) == 1


def test_no_sequences_no_points():
    assert Curve().points() == []
