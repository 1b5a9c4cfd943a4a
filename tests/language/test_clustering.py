"""The exchange algorithm: its gains, its objective and what it finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.language.clustering import Clustering, clustered
from replicate.language.toy import END, kinds, toy

TEXTS = st.lists(st.integers(0, 7), min_size=2, max_size=60).map(np.array)


def likelihood(text, class_of, end):
    """Return the log-likelihood of a class bigram model, by its definition."""
    before = np.concatenate([[end], text[:-1]])
    total = 0.0
    for w, v in zip(before, text, strict=True):
        c, d = class_of[w], class_of[v]
        after = class_of[before] == c
        in_class = class_of[text] == d
        total += np.log(
            (after & in_class).sum() / after.sum() * (text == v).sum() / in_class.sum()
        )
    return total


def spread(seed, n_classes=3, n_words=8):
    return np.random.default_rng(seed).permutation(np.arange(n_words) % n_classes)


@settings(max_examples=40)
@given(TEXTS, st.integers(0, 5), st.integers(0, 5))
def test_the_objective_is_the_likelihood_but_for_a_constant(text, seed, other):
    one, two = spread(seed), spread(other)
    found = [Clustering(text, c, int(text[-1])).objective() for c in (one, two)]
    expected = [likelihood(text, c, text[-1]) for c in (one, two)]
    assert found[0] - found[1] == pytest.approx(expected[0] - expected[1], abs=1e-9)


@settings(max_examples=40)
@given(TEXTS, st.integers(0, 5))
def test_gains_are_differences_of_the_objective_and_counts_stay_right(text, seed):
    end = int(text[-1])
    clustering = Clustering(text, spread(seed), end)
    for word in range(8):
        here, start = clustering.class_of[word], clustering.objective()
        parts = clustering._neighbours(word)
        clustering._put(word, here, *parts, -1)
        gains = clustering._gains(word, *parts)
        clustering._put(word, here, *parts, 1)
        assert clustering.objective() == start
        for c, gain in enumerate(gains - gains[here]):
            moved = clustering.class_of.copy()
            moved[word] = c
            if len(np.unique(moved)) == 3:
                after = Clustering(text, moved, end).objective()
                assert after - start == pytest.approx(gain, abs=1e-9)
        clustering._moves(word)
        anew = Clustering(text, clustering.class_of, end)
        for name in ("pairs", "firsts", "seconds", "words"):
            np.testing.assert_array_equal(getattr(anew, name), getattr(clustering, name))


@settings(max_examples=40)
@given(TEXTS, st.integers(0, 5))
def test_no_sweep_makes_it_worse_and_no_class_is_emptied(text, seed):
    first, told = spread(seed), []
    found = clustered(text, first, int(text[-1]), told=lambda *said: told.append(said))
    objectives = [likelihood(text, first, text[-1]), *(o for _, _, o in told)]
    assert sorted(objectives[1:]) == objectives[1:]
    assert likelihood(text, found, text[-1]) >= objectives[0] - 1e-9
    assert set(found) == {0, 1, 2}
    assert [sweep for sweep, _, _ in told] == list(range(1, len(told) + 1))
    assert told[-1][1] == 0 or len(told) == 20


def test_it_finds_the_kinds_of_the_toy_language():
    corpus = toy(40_000)
    n = len(corpus.vocabulary)
    found = clustered(corpus.train, np.arange(n) % 5, END)
    for kind in range(5):
        assert len(set(found[kinds(np.arange(n)) == kind])) == 1
    np.testing.assert_array_equal(found, clustered(corpus.train, np.arange(n) % 5, END))


def test_words_never_seen_stay_where_they_are():
    text = np.array([1, 2, 1, 2, 0] * 5)
    assert clustered(text, np.array([0, 1, 0, 1, 0]), 0)[3:].tolist() == [1, 0]
