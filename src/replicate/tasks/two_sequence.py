"""Noise and signal on one line: Experiment 3 of Hochreiter & Schmidhuber (1997), section 5.3.

The first N numbers of a sequence tell its class, all others are noise; at the end the net must
say the class (the 2-sequence problem of Bengio, Simard and Frasconi, 1994):

    3a   1.0  1.0  1.0  0.2 -0.5 …  1        the first N are exact
    3b   1.3  0.9  0.6  0.2 -0.5 …  1        they are noisy, too
    3c   1.0  1.0  1.0  0.2 -0.5 …  0.2      they are exact, the targets 0.2 and 0.8 are noisy
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.errors import SettingError
from replicate.initial import initial_weights
from replicate.settings import Setting, choice, per_task, ranged
from replicate.topology import Mark, Sequences, Stopping, Topology, Update

LENGTH, CLASS, TARGET, VALUES = 0, 1, 2, 4
"""Which draws of a sequence decide what; values take one draw a time step."""
TARGETS = {"3a": (0.0, 1.0), "3b": (0.0, 1.0), "3c": (0.8, 0.2)}
"""Of class 2, which begins with -1, and of class 1, which begins with 1."""


@dataclass(frozen=True)
class TwoSequence(Setting):
    """Tasks 3a, 3b and 3c and the 1997 net on them; defaults are the paper's."""

    experiment: ClassVar[str] = "hochreiter1997/two-sequence"
    version: ClassVar[int] = 1
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "cap": 2000, "n_test": 256}

    task: str = choice("3a", "3b", "3c")
    T: int = ranged(100, 10, 100_000)  # minimal length; lengths are T to T + T/10 (section 5.3)
    N: int = ranged(3, 1, 1000)  # Tables 4 to 6: how many elements tell the class
    noise_variance: float = ranged(0.2, 0.0, 100.0)  # section 5.3: of the elements after N
    signal_variance: float = per_task(0.0, 100.0, _3a=0.0, _3b=0.2, _3c=0.0)  # of the first N
    target_variance: float = per_task(0.0, 100.0, _3a=0.0, _3b=0.0, _3c=0.1)  # section 5.3
    n_blocks: int = ranged(3, 1, 8)  # Table 10
    block_size: int = ranged(1, 1, 8)  # Table 10
    learning_rate: float = per_task(0.0, 100.0, _3a=1.0, _3b=1.0, _3c=0.1)  # Table 10
    weight_range: float = ranged(0.1, 0.0, 10.0)  # Table 11: uniform in [-0.1, 0.1]
    input_gate_bias: tuple[float, ...] = (-1.0, -3.0, -5.0)  # Table 10, one a block
    output_gate_bias: tuple[float, ...] = (-2.0, -4.0, -6.0)  # Table 10, one a block
    tolerance: float = per_task(0.0, 1.0, _3a=0.2, _3b=0.2, _3c=0.1)  # section 5.3
    n_check: int = ranged(256, 1, 2**24)  # section 5.3: sequences of the stopping test
    fewer: int = per_task(1, 2**24, _3a=1, _3b=6, _3c=1)  # section 5.3: wrong ones of them
    mean_below: float = per_task(0.0, 10.0, _3a=0.01, _3b=0.04, _3c=0.015)  # section 5.3
    every: int = ranged(100, 1, 1_000_000)  # ours; means of ten trials are multiples of ten
    same_check: bool = False  # unclear in section 5.3: the same 256 sequences at every test
    cap: int = ranged(5_000_000, 1, 2**31 - 1)  # ours; the paper names none for this task
    n_test: int = ranged(2560, 1, 2**24)  # section 5.3

    def check(self) -> None:
        """Raise ``SettingError`` for a bias too many or too few, or an endless signal."""
        self.check_one_a_block("input_gate_bias", "output_gate_bias")
        if self.N >= self.T:
            raise SettingError(f"N = {self.N} with T = {self.T}: give less than T")

    def topology(self) -> Topology:
        """Return the fully connected net of 102 weights, biases on all hidden units."""
        return Topology(
            n_in=1, n_out=1, n_blocks=self.n_blocks, block_size=self.block_size,
            bias_cells=True, bias_gates=True,
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps from the end of the signal to the target (section 5.3)."""
        return self.T - self.N

    def update(self) -> Update:
        """Return the on-line rule: one change of the weights after each sequence."""
        return Update(self.learning_rate)

    def stopping(self) -> Stopping:
        """Return ST1, few enough wrong, and ST2, small errors too; 3c has the second only."""
        first = () if self.task == "3c" else (Mark("ST1", self.fewer),)
        marks = (*first, Mark(fewer=self.fewer, mean_below=self.mean_below))
        return Stopping(
            self.tolerance, self.n_check, marks, every=self.every, same=self.same_check,
            cap=self.cap, n_test=self.n_test,
        )  # fmt: skip

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64: uniform, but for the gates' biases."""
        return initial_weights(
            self.topology(), seed, self.weight_range,
            input_gates=self.input_gate_bias, output_gates=self.output_gate_bias,
        )  # fmt: skip

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial.

        Targets are noisy in training only.
        """
        longest = self.T + self.T // 10
        words = draws.words(seed, stream, first, count, 0, TARGET)
        lengths = self.T + draws.below(words[:, LENGTH], longest - self.T + 1)
        which = draws.below(words[:, CLASS], 2)
        inputs = np.empty((count, longest))
        noise = math.sqrt(self.noise_variance)
        draws.normal(seed, stream, first, count, VALUES, longest, 0.0, noise, out=inputs)
        signal = inputs[:, : self.N]
        scale = math.sqrt(self.signal_variance)
        draws.normal(seed, stream, first, count, VALUES, self.N, 0.0, scale, out=signal)
        signal += 2.0 * which[:, None] - 1.0
        targets = np.array(TARGETS[self.task])[which]
        if stream == "training" and self.target_variance:
            off = math.sqrt(self.target_variance)
            targets += draws.normal(seed, stream, first, count, TARGET, 1, 0.0, off)[:, 0]
        return Sequences(
            inputs=inputs[:, :, None],
            lengths=lengths.astype(np.int32),
            target_times=(lengths - 1).astype(np.int32)[:, None],
            targets=targets[:, None, None],
        )
