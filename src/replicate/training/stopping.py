"""When one trial ends: the stopping rules of ``replicate.topology``, exact to the sequence."""

import math

import numpy as np

from replicate.curve import Curve
from replicate.topology import Streak


class Watch:
    """Sees the training sequences of one trial in order and says when training ends."""

    def __init__(self, rule: Streak) -> None:
        self.rule = rule
        self.curve = Curve()
        self.sequences = 0
        self.steps = 0
        self._correct_in_a_row = 0
        self._recent = np.zeros(rule.length)  # mean |e| of the last sequences, as a ring

    def see(self, errors: np.ndarray, length: int, finite: bool = True) -> str | None:
        """Take one sequence; return "solved", "capped" or "diverged" if training ends with it.

        ``errors``: |e| at every target and output of the sequence; ``length``: its time steps;
        ``finite``: whether the weights that it leaves are.
        """
        rule = self.rule
        mean, largest = float(errors.mean()), errors.max()
        self._recent[self.sequences % rule.length] = mean
        self.sequences += 1
        self.steps += int(length)
        if not (finite and np.isfinite(largest)):
            return "diverged"
        wrong = largest >= rule.tolerance
        self.curve.add(np.array([mean]), np.array([wrong]))
        self._correct_in_a_row = 0 if wrong else self._correct_in_a_row + 1
        if self._correct_in_a_row >= rule.length and self._recent.mean() < rule.mean_below:
            return "solved"
        return "capped" if self.sequences >= rule.cap else None


def measured(errors: list[np.ndarray], tolerance: float) -> dict[str, float]:
    """Return the test part of an outcome from the |e| of each test sequence."""
    n = len(errors)
    return {
        "sequences": n,
        "wrong": sum(not e.max() < tolerance for e in errors),
        "mean_abs_error": math.fsum(e.mean() for e in errors) / n,
        "mean_squared_error": math.fsum((e**2).mean() for e in errors) / n,
    }
