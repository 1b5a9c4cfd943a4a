"""Nets that predict symbols, many side by side: one unit that feeds itself, logistic outputs.

The net of RTRL and of the sequence chunker in Experiment 2 (Hochreiter & Schmidhuber 1997,
section 5.2): each layer receives from all layers below, none has a bias. The gradient of the
one hidden unit is complete, taken forward (Williams & Zipser 1989). No number of a net depends
on which other nets it is computed with.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from replicate.cells.portable import logistic

Rows = np.ndarray | slice
"""Which rows: their numbers, (at,), or ``slice(None)`` for all of them."""


@dataclass
class Weights:
    """Weights of several nets, or changes to them.

    ``hidden``: (net, symbol + 1), from each symbol, then from the unit itself;
    ``output``: (net, 1 + symbol, output), from the unit, then from each symbol.
    """

    hidden: np.ndarray
    output: np.ndarray

    @classmethod
    def of(cls, flat: np.ndarray, n_in: int) -> Self:
        """Return them from (net, weight) in the order of ``replicate.topology``."""
        hidden, output = np.split(flat, [n_in + 1], axis=1)
        output = output.reshape(len(flat), -1, n_in + 1).transpose(0, 2, 1)
        return cls(np.ascontiguousarray(hidden), np.ascontiguousarray(output))

    def flat(self) -> np.ndarray:
        """Return (net, weight) in the order of ``replicate.topology``."""
        output = self.output.transpose(0, 2, 1).reshape(len(self.hidden), -1)
        return np.concatenate([self.hidden, output], axis=1)

    def zeros(self) -> "Weights":
        """Return no change."""
        return Weights(np.zeros_like(self.hidden), np.zeros_like(self.output))

    def add(self, change: "Weights") -> None:
        """Change all weights."""
        self.hidden += change.hidden
        self.output += change.output

    def finite(self) -> np.ndarray:
        """Return whether all of a net's weights are, (net,) bool."""
        output = np.isfinite(self.output).all(axis=(1, 2))
        return output & np.isfinite(self.hidden).all(axis=1)


class Reader:
    """Reads several rows of symbols, each with a net of its own or that of ``nets``, (row,)."""

    def __init__(self, weights: Weights, nets: np.ndarray | None = None) -> None:
        self.weights, self.own = weights, nets is None
        self.nets = np.arange(len(weights.hidden)) if nets is None else nets
        rows, sources = len(self.nets), weights.hidden.shape[1]
        self.h = np.zeros(rows)
        self.y = np.zeros((rows, weights.output.shape[2]))
        self.trace = np.zeros((rows, sources))  # of h by the weights into the hidden unit
        self.symbols = np.zeros(rows, np.intp)

    def read(self, at: Rows, symbols: np.ndarray) -> None:
        """Take the next symbol, (at,), in the rows ``at``; ``y`` is then the prediction."""
        w, numbers, before = self.weights, self.nets[at], self.h[at]
        nets = at if self.own else numbers
        itself = w.hidden[nets, -1]
        h = logistic(w.hidden[numbers, symbols] + itself * before)
        trace = self.trace[at] * itself[:, None]
        trace[np.arange(len(h)), symbols] += 1.0
        trace[:, -1] += before
        trace *= (h * (1.0 - h))[:, None]
        net = w.output[nets, 0] * h[:, None]
        net += w.output[numbers, 1 + symbols]
        self.h[at], self.trace[at], self.symbols[at] = h, trace, symbols
        self.y[at] = logistic(net)

    def learn(self, at: Rows, e: np.ndarray, rate: float, into: Weights) -> None:
        """Add to ``into`` what the errors d - y, (at, output), change in the rows' own nets."""
        y = self.y[at]
        delta = rate * e
        delta *= y
        delta *= 1.0 - y
        back = (delta * self.weights.output[at, 0]).sum(axis=1)
        into.output[self.nets[at], 1 + self.symbols[at]] += delta
        into.output[at, 0] += delta * self.h[at, None]
        into.hidden[at] += back[:, None] * self.trace[at]

    def keep(self, rows: list[int]) -> None:
        """Drop all other rows, and all other nets, of which each row has its own."""
        w = self.weights
        w.hidden, w.output = w.hidden[rows], w.output[rows]
        self.nets = np.arange(len(rows))
        self.h, self.y, self.trace = self.h[rows], self.y[rows], self.trace[rows]
        self.symbols = self.symbols[rows]
