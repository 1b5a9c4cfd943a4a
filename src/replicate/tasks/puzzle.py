"""The puzzle of Sawai's lecture (2015): the last symbol repeats the first.

    AXXXXXXXXXA   BXXXXXXXXXXB   a letter, some X, and the same letter again

The net reads all but the last symbol and must then say what comes. In a stream several puzzles
follow each other, and the net is not told where one ends: it must forget the last letter.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.cells.shape import Shape
from replicate.engine import draws
from replicate.errors import SettingError
from replicate.settings import Setting, choice, ranged
from replicate.topology import Sequences, Stopping

SYMBOLS = "ABX"
FORGETTING = {"lstm2000": "f", "peephole": "f", "gru": "u"}
"""Which layer of a net decides what is kept."""


@dataclass(frozen=True)
class Puzzle(Setting):
    """Nets that differ only in their cell, trained by plain gradient descent."""

    experiment: ClassVar[str] = "why/puzzle"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("torch",)
    trainer: ClassVar[str] = "replicate.training.together"
    factors: ClassVar[dict[str, float]] = {"sequences": 1.5}
    smoke: ClassVar[dict[str, Any]] = {"gap": 4, "cap": 80, "n_test": 20}

    cell: str = choice("lstm97", "rnn", "lstm2000", "peephole", "gru")
    gap: int = ranged(9, 2, 200)  # number of X
    vary: int = ranged(1, 0, 100)  # up to so many more; the lecture shows 9 and 10
    n_puzzles: int = ranged(1, 1, 100)  # in a stream
    n_blocks: int = ranged(4, 1, 64)
    block_size: int = ranged(1, 1, 64)  # cells that share their gates
    write_bias: float = ranged(-3.0, -20.0, 20.0)  # of input gates, if there are any
    keep_bias: float = ranged(5.0, -20.0, 20.0)  # of what decides to keep, if there is such
    weight_range: float = ranged(1.0, 0.0, 10.0)  # this and the rate by the search that the
    learning_rate: float = ranged(0.5, 0.0, 100.0)  # chapter shows
    batch_size: int = ranged(4, 1, 1024)
    tolerance: float = ranged(0.25, 0.0, 1.0)
    streak: int = ranged(100, 1, 1_000_000)
    cap: int = ranged(8000, 1, 2**31 - 1)
    n_test: int = ranged(100, 1, 2**24)

    def check(self) -> None:
        """Raise ``SettingError`` for blocks of units that have no gates to share."""
        if self.block_size > 1 and self.cell in ("rnn", "gru"):
            raise SettingError(
                f"block_size = {self.block_size} with cell {self.cell}: give 1, for its units "
                "share no gates"
            )

    def shape(self) -> Shape:
        """Return the net."""
        n = len(SYMBOLS)
        return Shape(self.cell, n, n, self.n_blocks, self.block_size)

    def stopping(self) -> Stopping:
        """Return the rule that a row of training sequences must be right."""
        return Stopping(self.tolerance, self.streak, cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64, uniform, but for the biases of gates that write or keep."""
        shape, r = self.shape(), self.weight_range
        weights = draws.uniform(seed, "weights", 0, 1, 0, shape.n_weights, -r, r)[0]
        if "i" in shape.rows:
            weights[shape.biases("i")] = self.write_bias
        if self.cell in FORGETTING:
            weights[shape.biases(FORGETTING[self.cell])] = self.keep_bias
        return weights

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial."""
        n = self.n_puzzles
        words = draws.words(seed, stream, first, count, 0, 2 * n).reshape(count, n, 2)
        letters = draws.below(words[:, :, 0], 2).astype(np.int32)
        return asked(letters, self.gap + draws.below(words[:, :, 1], self.vary + 1))


def asked(letters: np.ndarray, gaps: np.ndarray) -> Sequences:
    """Return puzzles of these letters, 0 or 1, and numbers of X, both (sequence, puzzle)."""
    ends = np.cumsum(gaps + 2, axis=1)  # after the repeated letter
    starts = ends - gaps - 2
    inputs = np.full((len(letters), int(ends.max())), SYMBOLS.index("X"), np.int32)
    rows = np.arange(len(letters))[:, None]
    inputs[rows, starts] = inputs[rows, ends - 1] = letters
    return Sequences(
        inputs=inputs[:, :-1],
        lengths=(ends[:, -1] - 1).astype(np.int32),
        target_times=(ends - 2).astype(np.int32),
        targets=np.eye(len(SYMBOLS))[letters],
    )


def spelled(shown: Sequences) -> list[str]:
    """Return sequences as the lecture writes them, the last letter being the answer."""
    said = []
    for x, n, d in zip(shown.inputs, shown.lengths, shown.targets, strict=True):
        said.append("".join(SYMBOLS[k] for k in [*x[:n], d[-1].argmax()]))
    return said
