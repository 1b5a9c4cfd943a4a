"""What a trial is made of: the net, how its weights change, when training ends, its sequences.

These are plain descriptions. The engine and the readable cells both read them, so that neither
knows a task and no task knows how it is computed. Symbols are those of Hochreiter & Schmidhuber
(1997): ``s`` cell state, ``g`` cell input squashing, ``h`` cell output squashing.
"""

import math
from dataclasses import dataclass

import numpy as np

ACTIVATIONS = ("logistic", "centred1", "centred2", "identity")
"""f in (0, 1); h = 2f - 1 in (-1, 1); g = 4f - 2 in (-2, 2); the identity (sections 4, A.1)."""
RANKS = ("", "all", "best")


@dataclass(frozen=True)
class Topology:
    """A net of memory cell blocks and which layer feeds which (section 4; Table 10).

    Hidden units are numbered cells first (block by block), then input gates, then output gates.
    Each hidden unit receives, in this order: the inputs at t; if ``recurrent``, the outputs of
    all hidden units at t-1; and 1 where it is biased. Output units receive the cells at t, then
    the inputs at t if ``input_to_output``, then 1 if biased. The flat weight vector lists the
    hidden units' rows in that order, then the output units' rows.

    A ``plain`` net, the rival of Experiment 2, has one unit without gates instead of cells; it
    receives the inputs at t, its own activation at t-1, and 1 if biased. Its gradient is
    complete (RTRL).
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
    plain: bool = False  # instead of cells, one unit y = g(net) that feeds itself at t-1
    carry: bool = False  # while it learns, a plain unit is not reset between sequences

    def __post_init__(self) -> None:
        for name in ("n_in", "n_out", "n_blocks", "block_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: give at least 1")
        for name in ("g", "h", "output"):
            if getattr(self, name) not in ACTIVATIONS:
                raise ValueError(f"{name} = {getattr(self, name)!r}: give one of {ACTIVATIONS}")
        if self.plain and (self.input_gate or self.output_gate or self.recurrent):
            raise ValueError("a plain unit has no gates and feeds no other hidden unit")
        if self.plain and self.n_cells != 1:
            raise ValueError(f"{self.n_cells} plain units: the engine knows nets of one")
        if self.plain and self.h != "identity":
            raise ValueError(f"h = {self.h!r}: a plain unit has the identity")
        if self.carry and not self.plain:
            raise ValueError("carry: only a plain unit goes on from sequence to sequence")

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
        return self.n_in + (self.n_hidden if self.recurrent else int(self.plain))

    @property
    def n_output_sources(self) -> int:
        """Number of units that feed an output unit, the constant 1 counted if it does."""
        return self.n_cells + self.n_in * self.input_to_output + self.bias_outputs

    @property
    def hidden_biased(self) -> np.ndarray:
        """Whether each hidden unit has a bias, (hidden,) bool."""
        gates = self.n_hidden - self.n_cells
        return np.repeat([self.bias_cells, self.bias_gates], [self.n_cells, gates])

    @property
    def n_weights(self) -> int:
        """Number of trained weights, as the paper counts them."""
        hidden = self.n_hidden * self.n_sources + int(self.hidden_biased.sum())
        return hidden + self.n_out * self.n_output_sources

    @property
    def cell_to_output(self) -> np.ndarray:
        """Where the weights from cells to outputs stand in the weights, (output * cell,)."""
        rows = np.arange(self.n_weights)[-self.n_out * self.n_output_sources :]
        return rows.reshape(self.n_out, -1)[:, : self.n_cells].ravel()

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
class Mark:
    """A moment of training that a table names: few sequences wrong, and errors small.

    Fewer than ``fewer`` of the sequences looked at are wrong, and the mean of their mean
    |error| is below ``mean_below``.
    """

    name: str = "solved"
    fewer: int = 1
    mean_below: float = math.inf


@dataclass(frozen=True)
class Stopping:
    """When training ends: solved at the last of ``marks``, else capped after ``cap`` sequences.

    Marks are reached one after the other. They are looked for after each training sequence,
    among the last ``among`` of them; or, if ``every`` is not 0, after each ``every`` training
    sequences, among ``among`` sequences of the stream "check" that the frozen net is shown:
    the next ones each time, or always the first if ``same``. A sequence is wrong unless every
    output at every target is off by less than ``tolerance``. If ``ranks``, a frozen net's
    sequence is wrong instead unless, at every target, each output whose target is above 0
    (``"all"``), or the largest output (``"best"``), is above those whose target is 0. At each
    mark and in the end the frozen net is shown ``n_test`` sequences of the stream "test".
    """

    tolerance: float
    among: int
    marks: tuple[Mark, ...] = (Mark(),)
    every: int = 0
    same: bool = False
    ranks: str = ""
    cap: int = 5_000_000
    n_test: int = 2560

    def __post_init__(self) -> None:
        if self.ranks not in RANKS:
            raise ValueError(f"ranks = {self.ranks!r}: give one of {RANKS}")
        if self.ranks and not self.every:
            raise ValueError("ranks judge a frozen net: give every, too")
        if self.ranks and not 0 < self.tolerance <= 1:
            raise ValueError(f"tolerance = {self.tolerance} with ranks: give 0 to 1")
        if min(self.among, self.cap, self.n_test, self.every + 1, len(self.marks)) < 1:
            raise ValueError(f"{self}: among, cap, n_test and marks are at least 1, every 0")


@dataclass(frozen=True)
class Growth:
    """Begin without the memory cells, and add them when the error has stopped falling.

    It has when the mean |error| of the last ``window`` training sequences is not below
    ``falls`` times that of the ``window`` before (Experiments 2a and 2b; the remedy of
    section 4 against abuse of cells).
    """

    window: int
    falls: float


@dataclass(frozen=True)
class Sequences:
    """Consecutive sequences of one trial.

    ``inputs``: (sequence, time, input) float64, or (sequence, time) int32 for one-hot symbols;
    ``lengths``: (sequence,) int32; ``target_times``: (sequence, target) int32, ascending, -1
    where there is none; ``targets``: (sequence, target, output) float64, or (sequence, target)
    int32 for the one of ``n_out`` outputs that must be 1, all others 0.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    target_times: np.ndarray
    targets: np.ndarray
    n_out: int = 0

    def part(self, which: slice) -> "Sequences":
        """Return some of the sequences."""
        return Sequences(
            self.inputs[which], self.lengths[which], self.target_times[which],
            self.targets[which], self.n_out,
        )  # fmt: skip

    @property
    def wanted(self) -> np.ndarray:
        """Return the targets as (sequence, target, output) float64."""
        return np.eye(self.n_out)[self.targets] if self.targets.ndim == 2 else self.targets
