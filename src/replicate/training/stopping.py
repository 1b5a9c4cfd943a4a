"""When one trial ends: the rules of ``replicate.topology``, exact to the sequence."""

import math

import numpy as np

from replicate.curve import Curve
from replicate.outcome import Outcome
from replicate.topology import Growth, Mark, Stopping


class Watch:
    """Sees the training sequences of one trial in order and says when training ends."""

    def __init__(self, rule: Stopping) -> None:
        self.rule = rule
        self.curve = Curve()
        self.sequences = 0
        self.steps = 0
        self.ahead = list(rule.marks)
        self.passed: list[Mark] = []  # with the last sequence seen, or the check after it
        self._errors = np.zeros(rule.among)  # mean |e| of the last sequences, as a ring
        self._wrong = np.zeros(rule.among, bool)

    def see(self, errors: np.ndarray, length: int, finite: bool = True) -> str | None:
        """Take one sequence; return "solved", "capped" or "diverged" if training ends with it.

        ``errors``: |e| at every target and output of the sequence; ``length``: its time steps;
        ``finite``: whether the weights that it leaves are. A rule with frozen checks also needs
        ``check``, which comes before a cap.
        """
        means, largest = np.array([errors.mean()]), np.array([errors.max()])
        if end := self.see_all(means, largest, length, finite):
            return end
        rule = self.rule
        if rule.every:
            return None
        at = self.sequences % rule.among
        self._errors[at], self._wrong[at] = means[0], largest[0] >= rule.tolerance
        if self.sequences >= rule.among:
            self.check(int(self._wrong.sum()), self._errors.mean())
        return self.end()

    def see_all(
        self, means: np.ndarray, largest: np.ndarray, length: int, finite: bool = True
    ) -> str | None:
        """Take several sequences between frozen checks, by (sequence,) mean and largest |e|.

        ``length`` is that of each, ``finite`` whether the weights after the last are. Returns
        "diverged" if training ends with one of them, which is then the last counted.
        """
        self.passed = []
        sound = np.isfinite(largest)
        sound[-1] &= finite
        kept = len(sound) if sound.all() else int(sound.argmin())
        seen = min(kept + 1, len(sound))
        self.sequences += seen
        self.steps += seen * int(length)
        self.curve.add(means[:kept], largest[:kept] >= self.rule.tolerance)
        return None if sound.all() else "diverged"

    @property
    def due(self) -> bool:
        """Whether the frozen net is to be checked now."""
        return self.rule.every > 0 and self.sequences % self.rule.every == 0

    @property
    def first_check(self) -> int:
        """Which sequence of the stream "check" comes first in the check that is due."""
        before = self.sequences // self.rule.every - 1
        return 0 if self.rule.same else before * self.rule.among

    def check(self, wrong: int, mean: float) -> None:
        """Pass the marks ahead that so many wrong sequences and this mean |e| meet."""
        while self.ahead and wrong < self.ahead[0].fewer and mean < self.ahead[0].mean_below:
            self.passed.append(self.ahead.pop(0))

    def end(self) -> str | None:
        """Return "solved" or "capped" if training is over."""
        if not self.ahead:
            return "solved"
        return "capped" if self.sequences >= self.rule.cap else None

    def outcome(
        self,
        seed: int,
        status: str,
        test: dict[str, float],
        weights: np.ndarray,
        seconds: float,
    ) -> Outcome:
        """Return how the trial ended, with what was found when its net was tested."""
        return Outcome(
            seed=seed, status=status, sequences=self.sequences, steps=self.steps, test=test,
            curve=self.curve.points(), weights=weights, seconds=seconds,
        )  # fmt: skip


class Stall:
    """Sees the training errors of one trial and says when they have stopped falling."""

    def __init__(self, growth: Growth) -> None:
        self.window, self._falls = growth.window, growth.falls
        self._errors: list[float] = []
        self._before = math.inf

    def see(self, mean_errors: np.ndarray) -> bool:
        """Take the mean |e| of the next sequences, which do not pass the end of a window."""
        self._errors += mean_errors.tolist()
        if len(self._errors) < self.window:
            return False
        mean = math.fsum(self._errors) / self.window
        stalled = not mean < self._falls * self._before
        self._errors, self._before = [], mean
        return stalled
