"""Rows of (value, marker) pairs, two of them marked: the input of Experiments 4 and 5.

One of the first ten pairs is marked with 1, and one of the first T/2 others; the first and the
last pair have the marker -1, all others 0 (Hochreiter & Schmidhuber 1997, section 5.4).
"""

from dataclasses import dataclass

import numpy as np

from replicate.engine import draws

LENGTH, FIRST, SECOND, VALUES = 0, 1, 2, 4
"""Which draws of a sequence decide what; values take one draw a time step."""


@dataclass(frozen=True)
class FirstPair:
    """What happens when the very first pair is one of the two chosen."""

    counts_as: float | None = None  # in the target; None: its value
    marked: bool = False  # its marker becomes 1, else it stays -1
    shown: bool = True  # the net sees its value, else what it counts as
    chosen: bool = True  # it may be chosen at all


@dataclass(frozen=True)
class Pairs:
    """Some sequences, and what their marked values count as."""

    inputs: np.ndarray  # (sequence, time, 2)
    lengths: np.ndarray  # (sequence,) int32
    values: np.ndarray  # (2, sequence)


def pairs(
    seed: int, stream: str, first: int, count: int, T: int, low: float, rule: FirstPair
) -> Pairs:
    """Return sequences ``first`` to ``first + count - 1``; values uniform in [low, 1]."""
    longest = T + T // 10
    words = draws.words(seed, stream, first, count, 0, VALUES)
    lengths = T + draws.below(words[:, LENGTH], longest - T + 1)
    chosen = markers(words, T, rule.chosen)
    inputs = np.empty((count, longest, 2))
    shown = inputs[:, :, 0]
    draws.uniform(seed, stream, first, count, VALUES, longest, low, 1.0, out=shown)
    inputs[:, :, 1] = 0.0
    rows = np.arange(count)
    values = np.stack([inputs[rows, at, 0] for at in chosen])
    for at in chosen:
        inputs[rows, at, 1] = 1.0
    inputs[rows, lengths - 1, 1] = -1.0
    on_first = np.stack(chosen) == 0
    start = on_first.any(axis=0)
    if rule.counts_as is not None:
        values[on_first] = rule.counts_as
    if not rule.shown:
        inputs[start, 0, 0] = rule.counts_as
    inputs[:, 0, 1] = np.where(start & rule.marked, 1.0, -1.0)
    return Pairs(inputs, lengths.astype(np.int32), values)


def markers(words: np.ndarray, T: int, first_too: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return where X1 and X2 stand: in the first ten pairs, in the first T/2 others."""
    skipped = int(not first_too)
    one = skipped + draws.below(words[:, FIRST], 10 - skipped)
    two = skipped + draws.below(words[:, SECOND], T // 2 - 1 - skipped)
    return one, two + (two >= one)
