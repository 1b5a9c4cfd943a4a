"""The adding problem for today's nets: what has changed since section 5.4 of the 1997 paper.

The sequences are those of ``replicate.tasks.adding``, draw for draw, and so are the criterion
and the test; net, initial weights and update rule are what a practitioner would take now.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.settings import Setting, choice, ranged
from replicate.tasks.adding import Adding
from replicate.topology import Mark, Sequences, Stopping

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
    factors: ClassVar[dict[str, float]] = {"sequences": 1.25, "mean_abs_error": 1.5}
    smoke: ClassVar[dict[str, Any]] = {"T": 20, "cap": 2000, "n_test": 256}

    dtype: str = choice("float32")
    T: int = ranged(100, 20, 100_000)  # as Adding
    first_pair: str = choice("kept", "marked", "zeroed", "hidden", "never", "ordinary")  # too
    cell: str = choice("lstm", "rnn")
    # Biases of input and forget gates: chrono (Tallec & Ollivier, 2018) makes cells keep what
    # they hold for 1 to T steps; default is torch's, with which they keep it for a few.
    gate_biases: str = choice("chrono", "default")
    hidden_size: int = ranged(16, 1, 4096)
    learning_rate: float = ranged(0.005, 0.0, 10.0)
    batch_size: int = ranged(32, 1, 65_536)
    clip: float = ranged(1.0, 0.0, 1e6)  # largest norm of the gradient
    tolerance: float = ranged(0.04, 0.0, 1.0)  # this and the rest as Adding, but for the cap
    mean_below: float = ranged(0.01, 0.0, 10.0)
    streak: int = ranged(2000, 1, 1_000_000)
    cap: int = ranged(150_000, 1, 2**31 - 1)
    n_test: int = ranged(2560, 1, 2**24)

    @property
    def n_weights(self) -> int:
        """Number of trained weights; torch gives each gate two biases."""
        h = self.hidden_size
        return GATES[self.cell] * h * (N_IN + h + 2) + N_OUT * (h + 1)

    def stopping(self) -> Stopping:
        """Return the stopping rule of the 1997 experiment, with a cap of its own."""
        mark = Mark(mean_below=self.mean_below)
        return Stopping(self.tolerance, self.streak, (mark,), cap=self.cap, n_test=self.n_test)

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64 in torch's order, uniform within 1/sqrt(hidden_size).

        Where gate biases are chrono, forget gates have log(u), u uniform in (1, T - 1), and
        input gates -log(u).
        """
        h, r = self.hidden_size, 1.0 / math.sqrt(self.hidden_size)
        weights = draws.uniform(seed, "weights", 0, 1, 0, self.n_weights, -r, r)[0]
        if self.cell == "lstm" and self.gate_biases == "chrono":
            log_u = np.log(draws.uniform(seed, "weights", 1, 1, 0, h, 1.0, self.T - 1.0)[0])
            biases = weights[4 * h * (N_IN + h) :][: 8 * h].reshape(2, 4, h)
            biases[0, :2] = -log_u, log_u
            biases[1, :2] = 0.0
        return weights

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return the sequences that ``Adding`` has for this seed."""
        task = Adding(T=self.T, first_pair=self.first_pair)
        return task.sequences(seed, stream, first, count)
