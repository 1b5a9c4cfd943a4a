"""The engine's rival that stays in Python: the same trials, one number at a time, in Numba.

The net of 1997 with its traces (Hochreiter & Schmidhuber, appendix A.1), written as one would:
loops over units and sources, one trial after the other, float64.
"""

import math
from typing import Any

import numba
import numpy as np

from replicate.tasks.adding import Adding
from replicate.topology import Sequences


class Trial:
    """One trial of the adding problem in the paper's reading of the net."""

    def __init__(self, setting: Adding, seed: int) -> None:
        net, rule = setting.topology(), setting.stopping()
        hidden = net.n_hidden * (net.n_sources + 1)
        weights = setting.initial_weights(seed)
        self.w = weights[:hidden].reshape(net.n_hidden, -1).copy()
        self.w_k = weights[hidden:].copy()
        self.recent = np.zeros(rule.among)
        self.correct_in_a_row = self.sequences = 0
        self._sizes = (setting.n_blocks, setting.block_size)
        self._rule = (setting.learning_rate, rule.tolerance, rule.marks[0].mean_below)

    def train(self, chunk: Sequences) -> bool:
        """Train on a chunk of sequences; return whether the trial was solved by it."""
        wanted = chunk.inputs, chunk.lengths, chunk.targets[:, 0, 0]
        counts = self.correct_in_a_row, self.sequences
        self.correct_in_a_row, self.sequences, solved = _train(
            self.w, self.w_k, *self._sizes, *wanted, *self._rule, self.recent, *counts
        )
        return bool(solved)


@numba.njit
def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@numba.njit
def _train(
    w: Any, w_k: Any, n_blocks: int, size: int, inputs: Any, lengths: Any, targets: Any,
    rate: float, tolerance: float, mean_below: float, recent: Any, correct: int, seen: int,
) -> tuple[int, int, bool]:  # fmt: skip
    n_hidden, n_cols = w.shape
    n_in, n_cells = inputs.shape[2], n_blocks * size
    source = np.empty(n_cols)
    y = np.empty(n_hidden)
    s, h = np.empty(n_cells), np.empty(n_cells)
    trace_c, trace_in = np.empty((n_cells, n_cols)), np.empty((n_cells, n_cols))
    delta = np.empty((n_hidden, n_cols))
    for q in range(len(lengths)):
        s[:] = 0.0
        trace_c[:] = 0.0
        trace_in[:] = 0.0
        y[:] = 0.0
        source[n_cols - 1] = 1.0
        for t in range(lengths[q]):
            for m in range(n_in):
                source[m] = inputs[q, t, m]
            for r in range(n_hidden):
                source[n_in + r] = y[r]
            for r in range(n_hidden):
                net = 0.0
                for m in range(n_cols):
                    net += w[r, m] * source[m]
                y[r] = _logistic(net)
            for c in range(n_cells):
                y_in = y[n_cells + c // size]
                y_out = y[n_cells + n_blocks + c // size]
                f = y[c]
                g = 4.0 * f - 2.0
                coefficient_c = 4.0 * f * (1.0 - f) * y_in
                coefficient_in = g * y_in * (1.0 - y_in)
                for m in range(n_cols):
                    trace_c[c, m] += coefficient_c * source[m]
                    trace_in[c, m] += coefficient_in * source[m]
                s[c] += y_in * g
                h[c] = 2.0 * _logistic(s[c]) - 1.0
                y[c] = y_out * h[c]
        net = w_k[n_cells]
        for c in range(n_cells):
            net += w_k[c] * y[c]
        y_k = _logistic(net)
        error = targets[q] - y_k
        signal = error * y_k * (1.0 - y_k)
        delta[:] = 0.0
        for c in range(n_cells):
            r_in = n_cells + c // size
            r_out = r_in + n_blocks
            back = signal * w_k[c]
            e_s = back * y[r_out] * 0.5 * (1.0 - h[c] * h[c])
            e_out = back * h[c] * y[r_out] * (1.0 - y[r_out])
            for m in range(n_cols):
                delta[c, m] += e_s * trace_c[c, m]
                delta[r_in, m] += e_s * trace_in[c, m]
                delta[r_out, m] += e_out * source[m]
            w_k[c] += rate * signal * y[c]
        w_k[n_cells] += rate * signal
        for r in range(n_hidden):
            for m in range(n_cols):
                w[r, m] += rate * delta[r, m]
        recent[seen % len(recent)] = abs(error)
        seen += 1
        correct = correct + 1 if abs(error) < tolerance else 0
        if correct >= len(recent) and recent.mean() < mean_below:
            return correct, seen, True
    return correct, seen, False
