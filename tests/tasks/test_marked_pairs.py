"""The input of Experiments 4 and 5 as section 5.4 describes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.tasks.marked_pairs import FirstPair, pairs

KEPT, MARKED = FirstPair(0.25), FirstPair(0.25, marked=True)
SET, HIDDEN = FirstPair(0.25, marked=True, shown=False), FirstPair(0.25, shown=False)
ORDINARY, NEVER = FirstPair(marked=True), FirstPair(0.25, chosen=False)

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
streams = st.sampled_from(["training", "test"])
sizes = st.integers(20, 70)
lows = st.sampled_from([-1.0, 0.0])
rules = st.sampled_from([KEPT, MARKED, SET, HIDDEN, ORDINARY, NEVER])
drawn = st.tuples(seeds, streams, firsts, st.just(8), sizes, lows)


def each(made):
    """Yield values, markers and the two values that count, sequence by sequence."""
    for shown, n, counted in zip(made.inputs, made.lengths, made.values.T, strict=True):
        yield shown[:n, 0], shown[:n, 1], counted


@given(drawn, rules)
def test_two_pairs_are_marked_where_they_may_be(drawn, rule):
    *_, T, low = drawn
    made = pairs(*drawn, rule)
    assert made.inputs.shape == (8, T + T // 10, 2)
    assert made.lengths.dtype == np.int32
    assert ((made.lengths >= T) & (made.lengths <= T + T // 10)).all()
    for values, markers, _ in each(made):
        assert ((values >= low) & (values <= 1)).all()
        assert markers[-1] == -1
        assert markers[0] in ((-1, 1) if rule.marked else (-1,))
        assert set(markers[1:-1]) <= {0, 1}
        marked = np.flatnonzero(markers == 1)
        first_too = not rule.marked and rule.chosen and len(marked) == 1
        chosen = [0, *marked] if first_too else list(marked)
        assert len(chosen) == 2
        assert chosen[0] < 10
        assert chosen[1] < T // 2


@given(drawn, rules)
def test_what_counts_is_what_is_marked_but_for_the_first_pair(drawn, rule):
    for values, markers, counted in each(pairs(*drawn, rule)):
        others = [values[i] for i in np.flatnonzero(markers == 1) if i > 0]
        if len(others) == 2:
            assert sorted(counted) == sorted(others)
        else:
            of_first = values[0] if rule.counts_as is None else rule.counts_as
            assert sorted(counted) == sorted([*others, of_first])
            if not rule.shown:
                assert values[0] == rule.counts_as


@given(drawn)
def test_rules_change_the_first_pair_only_where_it_is_chosen(drawn):
    plain = pairs(*drawn, ORDINARY)
    first = plain.inputs[:, 0, 1] == 1
    for rule in (KEPT, MARKED, SET, HIDDEN):
        made = pairs(*drawn, rule)
        np.testing.assert_array_equal(made.lengths, plain.lengths)
        np.testing.assert_array_equal(made.inputs[:, 1:], plain.inputs[:, 1:])
        np.testing.assert_array_equal(made.inputs[~first], plain.inputs[~first])
        np.testing.assert_array_equal(made.values[:, ~first], plain.values[:, ~first])
        assert (made.inputs[first, 0, 1] == (1 if rule.marked else -1)).all()
        shown = plain.inputs[first, 0, 0] if rule.shown else 0.25
        assert (made.inputs[first, 0, 0] == shown).all()
        assert (np.sum(made.values != plain.values, axis=0) == first).all()


@given(drawn)
def test_a_first_pair_never_chosen_is_an_input_like_any_other(drawn):
    made = pairs(*drawn, NEVER)
    assert (made.inputs[:, 0, 1] == -1).all()
    for values, markers, counted in each(made):
        assert sorted(counted) == sorted(values[markers == 1])


def test_places_are_drawn_evenly():
    n, T = 20_000, 40
    made = pairs(3, "training", 0, n, T, -1.0, ORDINARY)
    marked = (made.inputs[:, : T // 2, 1] == 1).mean(axis=0)
    # The first of the two is in the first ten, the second among the T/2 - 1 others.
    near, far = 1 / 10 + 9 / 10 / (T // 2 - 1), 1 / (T // 2 - 1)
    expected = np.array([near] * 10 + [far] * (T // 2 - 10))
    spread = 4.5 * np.sqrt(expected * (1 - expected) / n)
    np.testing.assert_array_less(np.abs(marked - expected), spread)
    assert made.inputs[:, 1, 0].mean() == pytest.approx(0, abs=4 * np.sqrt(1 / 3 / n))
    lengths = np.bincount(made.lengths - T, minlength=T // 10 + 1)
    assert len(lengths) == T // 10 + 1
    assert (np.abs(lengths - n / 5) < 5 * np.sqrt(n / 5)).all()


def test_places_are_drawn_evenly_without_the_first():
    n, T = 20_000, 40
    made = pairs(3, "training", 0, n, T, -1.0, NEVER)
    marked = (made.inputs[:, : T // 2, 1] == 1).mean(axis=0)
    assert marked[0] == 0
    near, far = 1 / 9 + 8 / 9 / (T // 2 - 2), 1 / (T // 2 - 2)
    expected = np.array([near] * 9 + [far] * (T // 2 - 10))
    spread = 4.5 * np.sqrt(expected * (1 - expected) / n)
    np.testing.assert_array_less(np.abs(marked[1:] - expected), spread)


@given(drawn, rules, st.lists(st.integers(1, 4), max_size=4))
def test_pieces_are_the_whole(drawn, rule, counts):
    seed, stream, first, _, T, low = drawn
    whole = pairs(seed, stream, first, sum(counts) + 1, T, low, rule)
    at = 0
    for count in [*counts, 1]:
        piece = pairs(seed, stream, first + at, count, T, low, rule)
        part = slice(at, at + count)
        np.testing.assert_array_equal(piece.inputs, whole.inputs[part])
        np.testing.assert_array_equal(piece.lengths, whole.lengths[part])
        np.testing.assert_array_equal(piece.values, whole.values[:, part])
        at += count
