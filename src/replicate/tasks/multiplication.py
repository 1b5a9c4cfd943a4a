"""The multiplication problem: Experiment 5 of Hochreiter & Schmidhuber (1997), section 5.5.

As the adding problem, but values are from 0 to 1 and the target is their product: a sum alone
could come from the linear way in which a cell stores things. For example, shortened:

    value   0.3   0.9   0.5   0.1   0.2   0.7        target 0.9 * 0.1 = 0.09
    marker   -1     1     0     1     0    -1
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.errors import SettingError
from replicate.initial import initial_weights
from replicate.settings import Setting, choice, ranged
from replicate.tasks.marked_pairs import FirstPair, pairs
from replicate.topology import Mark, Sequences, Stopping, Topology, Update

FIRST_PAIR = {
    "kept": FirstPair(1.0),
    "marked": FirstPair(1.0, marked=True),
    "set": FirstPair(1.0, marked=True, shown=False),
    "never": FirstPair(1.0, chosen=False),
}


@dataclass(frozen=True)
class Multiplication(Setting):
    """The multiplication problem and the 1997 net on it; defaults are the paper's."""

    experiment: ClassVar[str] = "hochreiter1997/multiplication"
    version: ClassVar[int] = 1
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "cap": 2000, "n_test": 256}

    T: int = ranged(100, 20, 100_000)  # minimal length; lengths are T to T + T/10 (section 5.5)
    # Unclear in sections 5.4 and 5.5: what the net sees when the first pair is one of the two.
    #   kept     its marker stays -1 and its value is shown, but it counts as 1 in the target
    #   marked   marker 1, value shown, counts as 1       set   marker 1, value 1, counts as 1
    #   never    the first pair is never chosen
    first_pair: str = choice("kept", "marked", "set", "never")
    n_blocks: int = ranged(2, 1, 8)  # Table 10
    block_size: int = ranged(2, 1, 8)  # Table 10
    learning_rate: float = ranged(0.1, 0.0, 100.0)  # Table 10
    weight_range: float = ranged(0.1, 0.0, 10.0)  # Table 11: uniform in [-0.1, 0.1], all biases
    output_unit: str = choice("logistic", "no_slope", "identity")  # as in section 5.4
    tolerance: float = ranged(0.04, 0.0, 1.0)  # section 5.5: wrong if |error| > 0.04
    recent: int = ranged(2000, 1, 1_000_000)  # section 5.5: the last training sequences
    fewer: tuple[int, ...] = (140, 13)  # section 5.5, n_seq: wrong ones of them; tested at each
    cap: int = ranged(5_000_000, 1, 2**31 - 1)  # ours; the paper names none for this task
    n_test: int = ranged(2560, 1, 2**24)  # section 5.5

    def check(self) -> None:
        """Raise ``SettingError`` unless the numbers of wrong sequences fall."""
        given = list(self.fewer)
        if not given or min(given) < 1 or given != sorted(set(given), reverse=True):
            raise SettingError(f"fewer = {given}: give falling numbers, each at least 1")

    def topology(self) -> Topology:
        """Return the fully connected net of 93 weights, biases on all non-input units."""
        output = "logistic" if self.output_unit == "no_slope" else self.output_unit
        return Topology(
            n_in=2, n_out=1, n_blocks=self.n_blocks, block_size=self.block_size,
            bias_cells=True, bias_gates=True, bias_outputs=True,
            output=output, output_slope=self.output_unit != "no_slope",
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps from the last marked number to the target (Table 8)."""
        return self.T - self.T // 2

    def update(self) -> Update:
        """Return the on-line rule: one change of the weights after each sequence."""
        return Update(self.learning_rate)

    def stopping(self) -> Stopping:
        """Return the rule of section 5.5: a mark n140, then the end at n_seq = 13."""
        *before, last = self.fewer
        marks = (*(Mark(f"n{n}", n) for n in before), Mark(fewer=last))
        return Stopping(self.tolerance, self.recent, marks, cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64: uniform, biases too."""
        return initial_weights(self.topology(), seed, self.weight_range)

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial."""
        made = pairs(seed, stream, first, count, self.T, 0.0, FIRST_PAIR[self.first_pair])
        return Sequences(
            inputs=made.inputs,
            lengths=made.lengths,
            target_times=(made.lengths - 1)[:, None],
            targets=(made.values[0] * made.values[1])[:, None, None],
        )
