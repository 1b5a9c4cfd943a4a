"""Batches of a text: whole sentences of like length, or windows of columns that run on.

All arrays are (time, sequence). Which sentences are together and in which order batches come
follows from the seed and the epoch.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from replicate.engine import draws
from replicate.errors import SettingError

IGNORED = -1
"""The target of a place that has none, such as one beyond the end of a sentence."""


@dataclass(frozen=True)
class Batch:
    """What a model is shown and what it is to say: each (time, sequence) of int64."""

    inputs: tuple[Tensor, ...]
    targets: Tensor

    @property
    def n_targets(self) -> int:
        """How many places have a target."""
        return int((self.targets != IGNORED).sum())

    @property
    def n_sequences(self) -> int:
        """How many sequences are side by side."""
        return self.targets.shape[1]

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        moved = tuple(one.to(device, non_blocking=True) for one in self.inputs)
        return Batch(moved, self.targets.to(device, non_blocking=True))

    def part(self, k: int, n: int) -> "Batch":
        """Return sequences k, k + n, …; if there are none, the first without its targets."""
        if n == 1:
            return self
        if k < self.n_sequences:
            return Batch(tuple(one[:, k::n] for one in self.inputs), self.targets[:, k::n])
        nothing = torch.full_like(self.targets[:, :1], IGNORED)
        return Batch(tuple(one[:, :1] for one in self.inputs), nothing)


class Batches(Protocol):
    """The batches of an epoch, in order."""

    carry: bool  # whether a sequence goes on in the next batch

    def __len__(self) -> int:
        """Return how many there are."""

    def __getitem__(self, k: int) -> Batch:
        """Return the batch with this number."""


class Sentences:
    """Sentences of a text, each from its beginning, those of like length together.

    ``text``: (token,) word numbers, of which the last is the end of a sentence.
    """

    carry = False

    def __init__(self, text: np.ndarray, groups: list[np.ndarray]) -> None:
        ends = np.flatnonzero(text == text[-1])
        self._text, self.groups = text, groups
        self._first, self._end = np.concatenate([[0], ends[:-1] + 1]), text[-1]
        self._lengths = np.diff(ends, prepend=-1)

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, k: int) -> Batch:
        places, shown = self.places(k)
        targets = np.where(shown, self._text[places], IGNORED)
        inputs = np.where(places > 0, self._text[places - 1], self._end)
        inputs[0] = self._end
        return Batch((_tensor(inputs),), _tensor(targets))

    def places(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where in the text the targets of a batch stand, and which are there."""
        group = self.groups[k]
        first, lengths = self._first[group], self._lengths[group]
        time = np.arange(lengths.max())[:, None]
        shown = time < lengths
        return np.where(shown, first + time, 0), shown


def shuffled(text: np.ndarray, size: int, seed: int, epoch: int) -> Sentences:
    """Return an epoch's batches: like lengths together, all else as the seed draws it."""
    lengths = np.diff(np.flatnonzero(text == text[-1]), prepend=-1)
    n = len(lengths)
    order = np.lexsort((draws.words(seed, "training", 2 * epoch, 1, 0, n)[0], lengths))
    groups = [order[first : first + size] for first in range(0, n, size)]
    drawn = draws.words(seed, "training", 2 * epoch + 1, 1, 0, len(groups))[0]
    return Sentences(text, [groups[k] for k in np.argsort(drawn, kind="stable")])


def in_order(text: np.ndarray, size: int) -> Sentences:
    """Return batches to judge a model by: every sentence once, long ones first."""
    lengths = np.diff(np.flatnonzero(text == text[-1]), prepend=-1)
    order = np.argsort(-lengths, kind="stable")
    return Sentences(text, [order[k : k + size] for k in range(0, len(order), size)])


class Columns:
    """A text cut into columns that run side by side, in windows of so many steps.

    What the columns leave over at the end is not used.
    """

    carry = True

    def __init__(self, text: np.ndarray, n_columns: int, n_steps: int) -> None:
        length = len(text) // n_columns
        if not length:
            raise SettingError(
                f"batch_size = {n_columns}: give at most {len(text)}, a token a column"
            )
        before = np.concatenate([text[-1:], text[:-1]])
        cut = (
            part[: length * n_columns].reshape(n_columns, length).T for part in (before, text)
        )
        self._inputs, self._targets = map(_tensor, cut)
        self._steps = n_steps

    def __len__(self) -> int:
        return -(-len(self._targets) // self._steps)

    def __getitem__(self, k: int) -> Batch:
        window = slice(k * self._steps, (k + 1) * self._steps)
        return Batch((self._inputs[window],), self._targets[window])


def _tensor(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(numbers, np.int64))
