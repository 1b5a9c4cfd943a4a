"""The adding problem: Experiment 4 of Hochreiter & Schmidhuber (1997), section 5.4, Table 7.

Each element is a pair (value, marker). Two pairs are marked, far from the end; at the end the
net must say 0.5 + (X1 + X2) / 4, X1 and X2 being the marked values. For example, shortened:

    value   0.3  -0.9   0.5   0.1  -0.2   0.7        target 0.5 + (-0.9 + 0.1) / 4 = 0.3
    marker   -1     1     0     1     0    -1
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.initial import initial_weights
from replicate.settings import Setting, choice, ranged
from replicate.tasks.marked_pairs import FirstPair, pairs
from replicate.topology import Mark, Sequences, Stopping, Topology, Update

FIRST_PAIR = {
    "kept": FirstPair(0.0),
    "marked": FirstPair(0.0, marked=True),
    "zeroed": FirstPair(0.0, marked=True, shown=False),
    "hidden": FirstPair(0.0, shown=False),
    "never": FirstPair(0.0, chosen=False),
    "ordinary": FirstPair(marked=True),
}


@dataclass(frozen=True)
class Adding(Setting):
    """The adding problem and the 1997 net on it; defaults are the paper's, read literally."""

    experiment: ClassVar[str] = "hochreiter1997/adding"
    version: ClassVar[int] = 1
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "cap": 2000, "n_test": 256}

    T: int = ranged(100, 20, 100_000)  # minimal length; lengths are T to T + T/10 (section 5.4)
    # Unclear in section 5.4: what the net sees when the first pair is one of the two marked.
    #   kept     its marker stays -1 and its value is shown, but it counts as 0 in the target
    #   marked   marker 1, value shown, counts as 0       zeroed  marker 1, value 0, counts as 0
    #   hidden   marker -1, value 0, counts as 0          never   the first pair is never chosen
    #   ordinary marker 1, value shown, counts in full
    first_pair: str = choice("kept", "marked", "zeroed", "hidden", "never", "ordinary")
    n_blocks: int = ranged(2, 1, 8)  # Table 10, row 4-1
    block_size: int = ranged(2, 1, 8)  # Table 10
    learning_rate: float = ranged(0.5, 0.0, 100.0)  # Table 10
    weight_range: float = ranged(0.1, 0.0, 10.0)  # Table 11: uniform in [-0.1, 0.1]
    input_gate_bias: tuple[float, ...] = (-3.0, -6.0)  # Table 10, one a block
    output_unit: str = choice("logistic", "no_slope", "identity", "centred2")  # section 5.4
    reset: float = ranged(0.0, 0.0, 1.0)  # activations at the start of a sequence (section 5.1)
    tolerance: float = ranged(0.04, 0.0, 1.0)  # section 5.4: correct if |error| < 0.04
    mean_below: float = ranged(0.01, 0.0, 10.0)  # section 5.4: average training error < 0.01
    streak: int = ranged(2000, 1, 1_000_000)  # section 5.4: 2000 correct in a row
    cap: int = ranged(5_000_000, 1, 2**31 - 1)  # ours; the paper names none for this task
    n_test: int = ranged(2560, 1, 2**24)  # section 5.4

    def check(self) -> None:
        """Raise ``SettingError`` when there is not one input gate bias for each block."""
        self.check_one_a_block("input_gate_bias")

    def topology(self) -> Topology:
        """Return the fully connected net of 93 weights, biases on all non-input units."""
        output = "logistic" if self.output_unit == "no_slope" else self.output_unit
        return Topology(
            n_in=2, n_out=1, n_blocks=self.n_blocks, block_size=self.block_size,
            bias_cells=True, bias_gates=True, bias_outputs=True, reset=self.reset,
            output=output, output_slope=self.output_unit != "no_slope",
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps from the last marked number to the target (Table 7)."""
        return self.T - self.T // 2

    def update(self) -> Update:
        """Return the on-line rule: one change of the weights after each sequence."""
        return Update(self.learning_rate)

    def stopping(self) -> Stopping:
        """Return ST3(0.01) of Table 11."""
        mark = Mark(mean_below=self.mean_below)
        return Stopping(self.tolerance, self.streak, (mark,), cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64: uniform, but for the input gates' biases."""
        biases = self.input_gate_bias
        return initial_weights(self.topology(), seed, self.weight_range, input_gates=biases)

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial."""
        made = pairs(seed, stream, first, count, self.T, -1.0, FIRST_PAIR[self.first_pair])
        return Sequences(
            inputs=made.inputs,
            lengths=made.lengths,
            target_times=(made.lengths - 1)[:, None],
            targets=(0.5 + (made.values[0] + made.values[1]) / 4.0)[:, None, None],
        )
