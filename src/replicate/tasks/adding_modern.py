"""The adding problem for today's nets: what has changed since section 5.4 of the 1997 paper.

The sequences are those of ``replicate.tasks.adding``, draw for draw, and so are the criterion
and the test; the net, its initial weights and the update rule are what a practitioner takes now.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.settings import Setting, choice, ranged
from replicate.tasks.adding import Adding
from replicate.topology import Sequences, Streak

N_IN, N_OUT = 2, 1
GATES = {"lstm": 4, "rnn": 1}
"""Rows of weights for each hidden unit: three gates and the cell's input, or the unit alone."""


@dataclass(frozen=True)
class AddingModern(Setting):
    """An LSTM with forget gates, or a tanh RNN, trained by Adam on mini-batches by BPTT."""

    experiment: ClassVar[str] = "hochreiter1997/adding-modern"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("torch",)
    trainer: ClassVar[str] = "replicate.training.modern"
    factors: ClassVar[dict[str, float]] = {"sequences": 1.5}
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "cap": 2000, "n_test": 256}

    dtype: str = choice("float32")
    T: int = ranged(100, 20, 100_000)  # as Adding
    first_pair: str = choice("kept", "marked", "zeroed", "hidden", "never", "ordinary")  # as Adding
    cell: str = choice("lstm", "rnn")
    hidden_size: int = ranged(32, 1, 4096)
    learning_rate: float = ranged(0.005, 0.0, 10.0)
    batch_size: int = ranged(32, 1, 65_536)
    clip: float = ranged(1.0, 0.0, 1e6)  # largest norm of the gradient
    tolerance: float = ranged(0.04, 0.0, 1.0)  # as Adding, like all that follow
    mean_below: float = ranged(0.01, 0.0, 10.0)
    streak: int = ranged(2000, 1, 1_000_000)
    cap: int = ranged(300_000, 1, 2**31 - 1)
    n_test: int = ranged(2560, 1, 2**24)

    @property
    def n_weights(self) -> int:
        """Number of trained weights; torch gives each gate two biases."""
        h = self.hidden_size
        return GATES[self.cell] * h * (N_IN + h + 2) + N_OUT * (h + 1)

    def stopping(self) -> Streak:
        """Return the stopping rule of the 1997 experiment, with a cap of its own."""
        return Streak(self.tolerance, self.mean_below, self.streak, self.cap, self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64, uniform within 1/sqrt(hidden_size), as torch's default."""
        r = 1.0 / math.sqrt(self.hidden_size)
        return draws.uniform(seed, "weights", 0, 1, 0, self.n_weights, -r, r)[0]

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return the sequences that ``Adding`` has for this seed."""
        return Adding(T=self.T, first_pair=self.first_pair).sequences(seed, stream, first, count)
