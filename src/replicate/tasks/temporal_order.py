"""Temporal order: Experiment 6 of Hochreiter & Schmidhuber (1997), section 5.6, Table 9.

Among distractors stand two (6a) or three (6b) symbols X or Y, far apart. When the end is read,
the net must say in which order they came:

    E d b X a c … d Y a … B   →   X, Y: the second of four classes
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.initial import initial_weights
from replicate.settings import Setting, choice, per_task, ranged
from replicate.topology import Mark, Sequences, Stopping, Topology, Update

SYMBOLS = "EBabcdXY"
START, END, DISTRACTOR, RELEVANT = 0, 1, 2, 6
"""Where in SYMBOLS the start, the end, the first of four distractors and X stand."""
SHORTEST, LONGEST = 100, 110
PLACES = {"6a": ((10, 20), (50, 60)), "6b": ((10, 20), (33, 43), (66, 76))}
"""Between which positions, both included, each relevant symbol stands (section 5.6)."""
LENGTH, WHERE, WHICH, OTHERS = 0, 1, 4, 8
"""Which draws of a sequence decide what; the distractors take one draw a time step."""


@dataclass(frozen=True)
class TemporalOrder(Setting):
    """Tasks 6a and 6b and the 1997 net on them; defaults are the paper's."""

    experiment: ClassVar[str] = "hochreiter1997/temporal-order"
    version: ClassVar[int] = 1
    smoke: ClassVar[dict[str, Any]] = {"streak": 100, "cap": 1000, "n_test": 256}

    task: str = choice("6a", "6b")
    n_blocks: int = per_task(1, 8, _6a=2, _6b=3)  # Table 10
    block_size: int = ranged(2, 1, 8)  # Table 10
    learning_rate: float = per_task(0.0, 100.0, _6a=0.5, _6b=0.1)  # Table 10
    weight_range: float = ranged(0.1, 0.0, 10.0)  # Table 11: uniform in [-0.1, 0.1]
    input_gate_bias: tuple[float, ...] = per_task(
        _6a=(-2.0, -4.0), _6b=(-2.0, -4.0, -6.0)
    )  # Table 10, one a block
    reset: float = ranged(0.0, 0.0, 1.0)  # activations at the start of a sequence (section 5.1)
    tolerance: float = ranged(0.3, 0.0, 1.0)  # section 5.6: correct if all |errors| < 0.3
    mean_below: float = ranged(0.1, 0.0, 10.0)  # section 5.6: average training error < 0.1
    streak: int = ranged(2000, 1, 1_000_000)  # section 5.6: 2000 correct in a row
    cap: int = ranged(5_000_000, 1, 2**31 - 1)  # ours; the paper names none for this task
    n_test: int = ranged(2560, 1, 2**24)  # section 5.6

    def check(self) -> None:
        """Raise ``SettingError`` when there is not one input gate bias for each block."""
        self.check_one_a_block("input_gate_bias")

    def topology(self) -> Topology:
        """Return the fully connected net of 156 or 308 weights, all but inputs biased."""
        return Topology(
            n_in=len(SYMBOLS), n_out=2 ** len(PLACES[self.task]), n_blocks=self.n_blocks,
            block_size=self.block_size, bias_cells=True, bias_gates=True, bias_outputs=True,
            symbols=True, reset=self.reset,
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps from the last relevant symbol to the target (Table 10)."""
        return SHORTEST - PLACES[self.task][-1][1]

    def update(self) -> Update:
        """Return the on-line rule: one change of the weights after each sequence."""
        return Update(self.learning_rate)

    def stopping(self) -> Stopping:
        """Return ST3(0.1) of Table 11."""
        mark = Mark(mean_below=self.mean_below)
        return Stopping(self.tolerance, self.streak, (mark,), cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64: uniform, but for the input gates' biases."""
        biases = self.input_gate_bias
        return initial_weights(self.topology(), seed, self.weight_range, input_gates=biases)

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial.

        The symbol that ends a sequence is read as its last input. Positions count from 1: so
        the lag is that of Table 10.
        """
        words = draws.words(seed, stream, first, count, 0, OTHERS + LONGEST)
        lengths = SHORTEST + draws.below(words[:, LENGTH], LONGEST - SHORTEST + 1)
        inputs = (DISTRACTOR + draws.below(words[:, OTHERS:], 4)).astype(np.int32)
        rows = np.arange(count)
        inputs[:, 0] = START
        inputs[rows, lengths - 1] = END
        wanted = np.zeros(count, np.int64)
        for i, (low, high) in enumerate(PLACES[self.task]):
            at = low + draws.below(words[:, WHERE + i], high - low + 1)
            which = draws.below(words[:, WHICH + i], 2)
            inputs[rows, at - 1] = RELEVANT + which
            wanted = 2 * wanted + which
        lengths = lengths.astype(np.int32)
        return Sequences(
            inputs=inputs,
            lengths=lengths,
            target_times=(lengths - 1)[:, None],
            targets=np.eye(2 ** len(PLACES[self.task]))[wanted][:, None],
        )
