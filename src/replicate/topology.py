"""What a trial is made of: the net, how its weights change, when training ends, its sequences.

These are plain descriptions. The engine and the readable cells both read them, so that neither
knows a task and no task knows how it is computed. Symbols are those of Hochreiter & Schmidhuber
(1997): ``s`` cell state, ``g`` cell input squashing, ``h`` cell output squashing.
"""

from dataclasses import dataclass

import numpy as np

ACTIVATIONS = ("logistic", "centred1", "centred2", "identity")
"""f in (0, 1); h = 2f - 1 in (-1, 1); g = 4f - 2 in (-2, 2); the identity (sections 4, A.1)."""


@dataclass(frozen=True)
class Topology:
    """A net of memory cell blocks and which layer feeds which (section 4; Table 10).

    Hidden units are numbered cells first (block by block), then input gates, then output gates.
    Each hidden unit receives, in this order: the inputs at t; if ``recurrent``, the outputs of
    all hidden units at t-1; and 1 where it is biased. Output units receive the cells at t, then
    the inputs at t if ``input_to_output``, then 1 if biased. The flat weight vector lists the
    hidden units' rows in that order, then the output units' rows.
    """

    n_in: int
    n_out: int
    n_blocks: int
    block_size: int
    input_gate: bool = True
    output_gate: bool = True
    recurrent: bool = True
    input_to_output: bool = False
    bias_cells: bool = False
    bias_gates: bool = False
    bias_outputs: bool = False
    g: str = "centred2"
    h: str = "centred1"
    output: str = "logistic"
    output_slope: bool = True  # equation 19 has the factor f'; False is a reading without it
    symbols: bool = False  # inputs are one-hot and given as integers
    reset: float = 0.0  # activations at the start of a sequence

    def __post_init__(self) -> None:
        for name in ("n_in", "n_out", "n_blocks", "block_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: give at least 1")
        for name in ("g", "h", "output"):
            if getattr(self, name) not in ACTIVATIONS:
                raise ValueError(f"{name} = {getattr(self, name)!r}: give one of {ACTIVATIONS}")

    @property
    def n_cells(self) -> int:
        """Number of memory cells."""
        return self.n_blocks * self.block_size

    @property
    def n_hidden(self) -> int:
        """Number of hidden units: cells, input gates, output gates."""
        return self.n_cells + self.n_blocks * (self.input_gate + self.output_gate)

    @property
    def n_sources(self) -> int:
        """Number of units that feed a hidden unit, the constant 1 not counted."""
        return self.n_in + (self.n_hidden if self.recurrent else 0)

    @property
    def hidden_biased(self) -> np.ndarray:
        """Whether each hidden unit has a bias, (hidden,) bool."""
        gates = self.n_hidden - self.n_cells
        return np.repeat([self.bias_cells, self.bias_gates], [self.n_cells, gates])

    @property
    def n_weights(self) -> int:
        """Number of trained weights, as the paper counts them."""
        outputs = self.n_cells + self.n_in * self.input_to_output + self.bias_outputs
        hidden = self.n_hidden * self.n_sources + int(self.hidden_biased.sum())
        return hidden + self.n_out * outputs

    def bias_index(self, unit: str) -> np.ndarray:
        """Return where the biases of ``"cells"``, ``"input_gates"``, … stand in the weights."""
        row_ends = np.cumsum(self.n_sources + self.hidden_biased) - 1
        first = {"cells": 0, "input_gates": self.n_cells}
        first["output_gates"] = self.n_cells + self.n_blocks * self.input_gate
        count = self.n_cells if unit == "cells" else self.n_blocks
        units = np.arange(first[unit], first[unit] + count)
        if not self.hidden_biased[units].all():
            raise ValueError(f"{unit} have no biases in this topology")
        return row_ends[units]


@dataclass(frozen=True)
class Update:
    """How weights change: by the truncated gradient of half the squared error."""

    learning_rate: float
    every: str = "sequence"  # or "step": right after each step with a target
    momentum: float = 0.0


@dataclass(frozen=True)
class Streak:
    """Stop after ``length`` correct sequences in a row whose mean |error| is below a bound.

    A sequence is correct if every output at every target is off by less than ``tolerance``
    (ST3 of Table 11; section 5.4). Training ends unsolved after ``cap`` sequences.
    """

    tolerance: float
    mean_below: float
    length: int = 2000
    cap: int = 5_000_000
    n_test: int = 2560


@dataclass(frozen=True)
class Sequences:
    """Consecutive sequences of one trial.

    ``inputs``: (sequence, time, input) float64, or (sequence, time) int32 for one-hot symbols;
    ``lengths``: (sequence,) int32; ``target_times``: (sequence, target) int32, ascending, -1
    where there is none; ``targets``: (sequence, target, output) float64.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    target_times: np.ndarray
    targets: np.ndarray
