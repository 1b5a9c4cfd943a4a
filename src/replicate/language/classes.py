"""Word classes of equal weight, by how frequent words are (Mikolov et al., 2011)."""

import numpy as np


def binned(counts: np.ndarray, n_classes: int, power: float = 1.0) -> np.ndarray:
    """Return the class of each word, (word,): frequent words first, bins of equal weight.

    A word weighs ``counts ** power``; 0.5 is the square root, with which the classes of rare
    words are smaller. After a word that fills several bins come classes of one word each, until
    the bins have caught up.
    """
    if not 1 <= n_classes <= len(counts):
        raise ValueError(f"n_classes = {n_classes}: give 1 to {len(counts)}, a word each")
    order = np.argsort(-counts, kind="stable")
    weights = np.asarray(counts, np.float64)[order] ** power
    reached = np.cumsum(weights) / weights.sum()
    found, c = np.empty(len(counts), np.int64), 0
    for word, so_far in zip(order.tolist(), reached.tolist(), strict=True):
        found[word] = c
        if so_far * n_classes > c + 1 - 1e-9 and c < n_classes - 1:
            c += 1
    return np.unique(found, return_inverse=True)[1]


def expected_units(counts: np.ndarray, class_of: np.ndarray) -> float:
    """Return how many output units a running word costs: classes, and words of its class."""
    sizes, running = np.bincount(class_of), np.bincount(class_of, weights=counts)
    return float(len(sizes) + (running * sizes).sum() / running.sum())
