"""The sequence chunker's two nets, readable (J. Schmidhuber, Neural Computation 4(2), 1992).

Each predicts symbols with one unit that feeds itself and logistic outputs, without bias: the
net of RTRL in Experiment 2 (Hochreiter & Schmidhuber 1997, section 5.2). Each layer receives
from all layers below. The gradient of the hidden unit is complete, taken forward (Williams &
Zipser 1989).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np


@dataclass
class Weights:
    """Weights of a net, or changes to them.

    ``hidden``: (symbol + 1,), from each symbol, then from the unit itself;
    ``output``: (1 + symbol, output), from the unit, then from each symbol.
    """

    hidden: np.ndarray
    output: np.ndarray

    @classmethod
    def of(cls, flat: np.ndarray, n_in: int) -> Self:
        """Return them from (weight,) in the order of ``replicate.topology``."""
        hidden, output = np.split(flat, [n_in + 1])
        return cls(hidden.copy(), output.reshape(-1, n_in + 1).T.copy())

    def flat(self) -> np.ndarray:
        """Return (weight,) in the order of ``replicate.topology``."""
        return np.concatenate([self.hidden, self.output.T.ravel()])

    def zeros(self) -> "Weights":
        """Return no change."""
        return Weights(np.zeros_like(self.hidden), np.zeros_like(self.output))

    def add(self, change: "Weights") -> None:
        """Change all weights."""
        self.hidden += change.hidden
        self.output += change.output


class Reader:
    """Reads symbols and predicts the next ones."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.h, self.y = np.float64(0.0), np.zeros(weights.output.shape[1])
        self.trace = np.zeros_like(weights.hidden)  # of h by the weights into the hidden unit
        self.symbol = 0

    def read(self, symbol: int) -> None:
        """Take the next symbol; ``y`` is then the prediction."""
        w, itself = self.weights, self.weights.hidden[-1]
        h = logistic(w.hidden[symbol] + itself * self.h)
        self.trace *= itself
        self.trace[symbol] += 1.0
        self.trace[-1] += self.h
        self.trace *= h * (1.0 - h)
        self.h, self.symbol = h, symbol
        self.y = logistic(w.output[0] * h + w.output[1 + symbol])

    def learn(self, e: np.ndarray, rate: float, into: Weights) -> None:
        """Add to ``into`` what the errors d - y, (output,), change."""
        delta = rate * e * self.y * (1.0 - self.y)
        back = delta @ self.weights.output[0]
        into.output[1 + self.symbol] += delta
        into.output[0] += delta * self.h
        into.hidden += back * self.trace


class Pair(NamedTuple):
    """The automatizer and the chunker, or changes to them."""

    a: Weights
    c: Weights


class Readers(NamedTuple):
    """Where they stand in a sequence."""

    a: Reader
    c: Reader

    @classmethod
    def of(cls, pair: Pair) -> "Readers":
        """Return them before a sequence."""
        return cls(Reader(pair.a), Reader(pair.c))


def show(
    setting: Any, readers: Readers, symbols: np.ndarray, into: Pair | None = None
) -> np.ndarray:
    """Show the nets a sequence, (p + 1,) symbols; return |e|, (p, symbol).

    At each step A predicts the next symbol. Where that is off, C learns to predict it from what
    it read last, which may be long ago, and then reads it; A is to say in which state C is. The
    first symbol is unexpected, but no prediction of it is learned; the last one is a target
    only. The errors are A's or, if both answer, C's where A fails. What the nets learn is added
    to ``into``.
    """
    (a, c), unexpected = readers, True
    errors = np.empty((setting.p, setting.p + 1))
    for t, (symbol, following) in enumerate(pairwise(symbols)):
        if unexpected:
            c.read(symbol)
        a.read(symbol)
        e = -a.y
        e[following] += 1.0
        e[-1] += c.h
        errors[t] = np.abs(e[:-1])
        unexpected = errors[t].max() >= setting.threshold
        if into:
            a.learn(e, setting.learning_rate, into.a)
        if unexpected:
            e = -c.y
            e[following] += 1.0
            if into:
                c.learn(e, setting.learning_rate, into.c)
            if setting.answers == "both":
                errors[t] = np.abs(e)
    return errors


def taught(setting: Any, readers: Readers, symbols: np.ndarray) -> np.ndarray:
    """Train the nets on a sequence; return |e| as ``show`` does."""
    pair = Pair(readers.a.weights, readers.c.weights)
    if setting.update_after == "step":
        return show(setting, readers, symbols, pair)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    errors = show(setting, readers, symbols, change)
    pair.a.add(change.a)
    pair.c.add(change.c)
    return errors


def logistic(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))
