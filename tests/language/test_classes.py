"""Bins of frequency: equal weight, frequent words first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.language.classes import binned, expected_units

COUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=40).filter(any).map(np.array)


@given(COUNTS, st.integers(1, 40), st.sampled_from([0.5, 1.0]))
def test_classes_are_whole_numbers_without_gaps_in_order_of_frequency(counts, n, power):
    found = binned(counts, min(n, len(counts)), power)
    assert set(found) == set(range(found.max() + 1))
    assert found.max() < n
    by_frequency = found[np.argsort(-counts, kind="stable")]
    assert (np.diff(by_frequency) >= 0).all()


def test_equal_words_fill_equal_bins():
    assert binned(np.full(12, 7), 4).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_the_square_root_makes_classes_of_rare_words_smaller():
    counts = (10_000 / np.arange(1, 1001)).astype(int)
    plain, root = (np.bincount(binned(counts, 20, power)).max() for power in (1.0, 0.5))
    assert root < plain
    assert expected_units(counts, binned(counts, 20, 0.5)) < 1000


def test_units_of_a_word_are_counted():
    assert expected_units(np.array([3, 1, 0]), np.array([0, 1, 1])) == 2 + (3 * 1 + 1 * 2) / 4


@pytest.mark.parametrize("n", [0, 4])
def test_impossible_numbers_of_classes_are_refused(n):
    with pytest.raises(ValueError, match=f"n_classes = {n}: give 1 to 3"):
        binned(np.ones(3), n)
