"""The sequence chunker's two nets in the compiled engine, one trial; mirrors ``c/chunker.inc``.

Does what ``replicate.cells.chunker`` does, which is readable.
"""

import ctypes
from typing import Any, NamedTuple

import numpy as np

from replicate.engine.library import engine
from replicate.topology import Topology

WIDTH = 16
"""Rows of numbers are padded with zeros to a multiple of so many."""


class Seen(NamedTuple):
    """What became of each sequence, (sequence,), and whether the weights are finite."""

    max_error: np.ndarray
    mean_error: np.ndarray
    mean_square: np.ndarray
    finite: bool


class Predictor(ctypes.Structure):
    """A net and where it stands."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("hidden", "output")),
        *((name, ctypes.c_void_p) for name in ("hidden_change", "output_change")),
        *((name, ctypes.c_void_p) for name in ("trace", "y", "slope", "e")),
        ("h", ctypes.c_double),
        *((name, ctypes.c_int32) for name in ("n_in", "n_out", "symbol", "width")),
    )


class Chunking(ctypes.Structure):
    """What the nets are shown, and how they learn."""

    _fields_ = (
        *((name, ctypes.c_double) for name in ("learning_rate", "threshold")),
        *((name, ctypes.c_int32) for name in ("p", "judged_from")),
        *((name, ctypes.c_int32) for name in ("reset", "both", "learn")),
    )


class Net:
    """The weights of one net as the engine has them, and its two readers."""

    def __init__(self, topology: Topology, weights: np.ndarray, apart: bool) -> None:
        """Take over (weight,); if ``apart``, changes wait for the end of the sequence."""
        self.topology = topology
        n_in, n_out = topology.n_in, topology.n_out
        self.hidden = _padded(weights[: n_in + 1])
        self.output = _padded(weights[n_in + 1 :].reshape(n_out, n_in + 1).T)
        change = [np.zeros_like(w) if apart else w for w in (self.hidden, self.output)]
        self._kept = [change]
        self.learning, self.frozen = self._reader(change), self._reader(change)

    def _reader(self, change: list[np.ndarray]) -> Predictor:
        state = [np.zeros_like(self.hidden), *np.zeros((3, self.output.shape[1]))]
        self._kept.append(state)
        places = [a.ctypes.data for a in (self.hidden, self.output, *change, *state)]
        sizes = self.topology.n_in, self.topology.n_out, 0, self.output.shape[1]
        return Predictor(*places, 0.0, *sizes)

    def weights(self) -> np.ndarray:
        """Return (weight,) in the order of ``replicate.topology``."""
        n_in, n_out = self.topology.n_in, self.topology.n_out
        return np.concatenate([self.hidden[: n_in + 1], self.output[:, :n_out].T.ravel()])


class Pair:
    """The automatizer and the chunker of one trial."""

    def __init__(self, setting: Any, weights: np.ndarray) -> None:
        """Take over (weight,): the automatizer's, then the chunker's."""
        first, apart = setting.topology(), setting.update_after == "sequence"
        self.a = Net(first, weights[: first.n_weights], apart)
        self.c = Net(setting.chunker(), weights[first.n_weights :], apart)
        common = setting.learning_rate, setting.threshold, setting.p
        both = setting.answers == "both"
        self._learning = Chunking(*common, 0, setting.reset, both, True)
        self._frozen = Chunking(*common, setting.judged_from(), True, both, False)
        self._call = engine().walk_pair

    def learn(self, symbols: np.ndarray) -> Seen:
        """Train on (sequence, p + 1) symbols; errors are those of all predictions.

        A sequence that leaves weights that are not finite is the last.
        """
        return self._walk(self._learning, self.a.learning, self.c.learning, symbols)

    def look(self, symbols: np.ndarray) -> Seen:
        """Show the frozen nets (sequence, p + 1) symbols, each after a reset.

        Errors are those of the predictions that count.
        """
        return self._walk(self._frozen, self.a.frozen, self.c.frozen, symbols)

    def _walk(self, rule: Chunking, a: Predictor, c: Predictor, symbols: np.ndarray) -> Seen:
        symbols = np.ascontiguousarray(symbols, np.int32)
        found = np.empty((3, len(symbols)))
        nets = (ctypes.addressof(struct) for struct in (a, c, rule))
        shown = self._call(
            *nets, symbols.ctypes.data, len(symbols), *(row.ctypes.data for row in found)
        )
        largest, means, squares = found[:, : abs(shown)]
        return Seen(largest, means, squares, shown >= 0)

    def weights(self) -> np.ndarray:
        """Return (weight,) as taken over."""
        return np.concatenate([self.a.weights(), self.c.weights()])


def _padded(rows: np.ndarray) -> np.ndarray:
    """Return a copy with zeros after the last axis up to a multiple of ``WIDTH``."""
    spare = -rows.shape[-1] % WIDTH
    return np.ascontiguousarray(np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, spare)]))
