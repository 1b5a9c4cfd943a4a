"""The count model: interpolated modified Kneser-Ney (Chen & Goodman 1999, section 4.1.6).

The probability of a word after a history h takes a discount D(c) from each count c, and gives
the sum of what it took to the same model of one word less:

    p(w | h) = max(c(hw) - D(c(hw)), 0) / c(h.)  +  gamma(h) p(w | h without its first word)

Below the highest order c(hw) counts not how often hw is there, but after how many different
words; where hw begins a sentence nothing stands before it, and it is counted as it is. Below
the single words all are equally likely. Sentences stand apart: each begins with a start, which
is part of histories and never predicted, and its end is predicted.

N-grams are numbered within their order. ``key`` = number of the first n-1 words × (words + 1)
+ last word, so that a sorted array of keys finds an n-gram and its history.
"""

from dataclasses import dataclass

import numpy as np

from replicate.errors import ReplicateError
from replicate.language.vocabulary import boundaries

FALLBACK = np.array([0.5, 1.0, 1.5])
"""Discounts of counts 1, 2, 3 and more where a text is too small to tell them."""


@dataclass(frozen=True)
class Order:
    """The n-grams of one length n, and the histories (n-1 words) that they go on from."""

    keys: np.ndarray
    """(n-gram,) int64, ascending."""
    share: np.ndarray
    """(n-gram,) float64: the first term of the equation."""
    left: np.ndarray
    """(history,) float64: gamma; 1 where a history was never gone on from."""
    discounts: np.ndarray
    """(3,) float64: of counts 1, 2, and 3 and more."""


@dataclass(frozen=True)
class KneserNey:
    """A model of the words 0 … n_words - 1, of which one ends each sentence."""

    n_words: int
    end: int
    orders: tuple[Order, ...]

    def probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Return (token,) float64: of each of (token,) ids, given its sentence up to there."""
        stream = _stream(ids, self.n_words, self.end)
        predicted = np.flatnonzero(stream != self.n_words)
        return self._of(self._histories(stream)[:, predicted - 1], stream[predicted])

    def distribution(self, history: np.ndarray) -> np.ndarray:
        """Return (word,) float64: of each next word, after (token,) ids of a sentence."""
        stream = np.concatenate([[self.n_words], np.asarray(history, np.int64)])
        if (stream == self.end).any():
            raise ReplicateError("a history is of one sentence: give what follows its last end")
        last = self._histories(stream)[:, -1:]
        return self._of(np.repeat(last, self.n_words, axis=1), np.arange(self.n_words))

    def _of(self, histories: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return (token,) float64 of (order, token) histories, -1 if unseen, and next words."""
        p = np.full(len(words), 1 / self.n_words)
        for order, history in zip(self.orders, histories, strict=True):
            gram = _find(order.keys, history, words, self.n_words + 1)
            p *= np.where(history >= 0, order.left[history], 1.0)
            p += np.where(gram >= 0, order.share[gram], 0.0)
        return p

    def _histories(self, stream: np.ndarray) -> np.ndarray:
        """Return (order, place) int64: numbers of the 0, 1, … last words, -1 if unseen."""
        grams = [np.zeros(len(stream), np.int64)]
        for order in self.orders[:-1]:
            before = _before(grams[-1]) if len(grams) > 1 else grams[0]
            grams.append(_find(order.keys, before, stream, self.n_words + 1))
        return np.stack(grams)


def fit(ids: np.ndarray, n_words: int, end: int, order: int = 5, cutoff: int = 1) -> KneserNey:
    """Return the model of a training text.

    ``ids``: (token,), each sentence with its end; ``order``: the longest n-gram; ``cutoff``:
    n-grams of three words and more that count less are left out (1: none is).
    """
    if order < 1 or cutoff < 1:
        raise ReplicateError(f"order = {order}, cutoff = {cutoff}: give at least 1")
    stream = _stream(ids, n_words, end)
    if len(stream) == 0 or stream[-1] != end:
        raise ReplicateError(f"a training text ends each of its sentences with {end}")
    places = np.arange(len(stream))
    since = places - np.maximum.accumulate(np.where(stream == n_words, places, 0))
    levels = _numbered(stream, since, n_words + 1, order)
    orders, n_histories = [], 1
    for n, (keys, first, counts, grams) in enumerate(levels, start=1):
        if n < len(levels):
            longer = levels[n][1]  # where each n-gram of one word more first ends
            different = np.bincount(grams[longer], minlength=len(keys))
            counts = np.where(since[first] == n - 1, counts, different)
        if n == 1:
            counts = np.where(keys == n_words, 0, counts)
        history = keys // (n_words + 1)
        orders.append(_order(keys, counts, history, n_histories, cutoff if n > 2 else 1))
        n_histories = len(keys)
    return KneserNey(n_words, end, tuple(orders))


def _numbered(
    stream: np.ndarray, since: np.ndarray, base: int, order: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return for n = 1, 2, … the n-grams of a text: keys, first places, counts, and numbers.

    First places are those of an n-gram's last word; numbers are (place,), of the n-gram that
    ends there, -1 where fewer than n words of the sentence have been.
    """
    levels = []
    before = np.zeros(len(stream), np.int64)  # (place,) number of the words before
    for n in range(1, order + 1):
        places = np.flatnonzero(since >= n - 1)
        if len(places) == 0:  # no sentence is as long
            break
        keys, first, number, counts = np.unique(
            before[places] * base + stream[places],
            return_index=True, return_inverse=True, return_counts=True,
        )  # fmt: skip
        grams = np.full(len(stream), -1)
        grams[places] = number
        levels.append((keys, places[first], counts, grams))
        before = _before(grams)
    return levels


def _order(
    keys: np.ndarray, counts: np.ndarray, history: np.ndarray, n_histories: int, cutoff: int
) -> Order:
    """Return the n-grams of one length with their shares, from (n-gram,) counts."""
    discounts = _discounts(counts)
    taken = np.array([0.0, *discounts])[np.minimum(counts, 3)]
    taken = np.where(counts < cutoff, counts, taken)
    total = np.bincount(history, weights=counts, minlength=n_histories)
    gone_on = np.maximum(total, 1)  # a history that was never gone on from has total 0
    left = np.bincount(history, weights=taken, minlength=n_histories) / gone_on
    share = (counts - taken) / gone_on[history]
    return Order(keys, share, np.where(total > 0, left, 1.0), discounts)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Return (3,) float64: D1, D2 and D3+ from how many n-grams count 1, 2, 3 and 4."""
    n = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)
    if not n[:3].all():
        return FALLBACK
    found = np.array([1.0, 2.0, 3.0])
    found -= (found + 1) * n[0] / (n[0] + 2 * n[1]) * n[1:] / n[:3]
    return found if (found > 0).all() else FALLBACK


def _stream(ids: np.ndarray, n_words: int, end: int) -> np.ndarray:
    """Return int64 ids with the start, ``n_words``, before each sentence."""
    ids = np.asarray(ids, np.int64)
    if len(ids) and (ids.min() < 0 or ids.max() >= n_words):
        raise ReplicateError(f"ids of {ids.min()} to {ids.max()}: give 0 to {n_words - 1}")
    return np.insert(ids, boundaries(ids, end)[:-1], n_words)


def _find(keys: np.ndarray, history: np.ndarray, words: np.ndarray, base: int) -> np.ndarray:
    """Return int64 numbers of n-grams, -1 if unseen; ``history``: of the words before."""
    wanted = history * base + words  # negative, thus never found, after an unseen history
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


def _before(grams: np.ndarray) -> np.ndarray:
    """Return the numbers at the place before each, -1 at the first."""
    return np.concatenate([[-1], grams[:-1]])
