"""Random weight guessing on the tasks of Experiment 3 (section 5.3 of the 1997 paper).

The net is the smallest that guessing was reported for: one input, one unit that feeds itself,
one output, biases (J. Schmidhuber, S. Hochreiter and Y. Bengio, 2001).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.settings import Setting, choice, ranged
from replicate.tasks.two_sequence import TwoSequence
from replicate.topology import Sequences, Stopping, Topology, Update


@dataclass(frozen=True)
class Guessing(Setting):
    """Guess weights until all training sequences of a task of Experiment 3 are right."""

    experiment: ClassVar[str] = "hochreiter1997/guessing"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("engine",)
    engine_trainer: ClassVar[str] = "replicate.training.guessing"
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "n_training": 10, "cap": 2000, "n_test": 256}

    task: str = choice("3a", "3b", "3c")
    T: int = ranged(100, 10, 100_000)  # as in section 5.3
    N: int = ranged(3, 1, 1000)  # Tables 4 to 6
    weight_range: float = ranged(100.0, 0.0, 1e6)  # of the later report: [-100, 100]
    n_training: int = ranged(100, 1, 2**24)  # of the later report: 100 sequences
    cap: int = ranged(300_000, 1, 2**31 - 1)  # ours: guesses
    n_test: int = ranged(2560, 1, 2**24)  # section 5.3

    def learned(self) -> TwoSequence:
        """Return the task that LSTM learns, with targets that a net can say exactly."""
        return TwoSequence(
            task=self.task, T=self.T, N=self.N, target_variance=0.0, n_test=self.n_test
        )

    def topology(self) -> Topology:
        """Return the net of 5 weights."""
        return Topology(
            n_in=1, n_out=1, n_blocks=1, block_size=1, input_gate=False, output_gate=False,
            recurrent=False, bias_cells=True, bias_outputs=True, g="centred1", h="identity",
            plain=True,
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps from the end of the signal to the target."""
        return self.T - self.N

    def update(self) -> Update:
        """Return that nothing is learned."""
        return Update(0.0)

    def stopping(self) -> Stopping:
        """Return that all training sequences must be right."""
        tolerance = self.learned().tolerance
        return Stopping(tolerance, self.n_training, cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return the first guess, (weight,) float64."""
        n, r = self.topology().n_weights, self.weight_range
        return draws.uniform(seed, "guess", 0, 1, 0, n, -r, r)[0]

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return the sequences that LSTM learns from, of this seed."""
        return self.learned().sequences(seed, stream, first, count)
