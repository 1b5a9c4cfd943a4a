"""The learning curve of a trial: mean |error| and wrong sequences in windows of training."""

import math
from itertools import accumulate

import numpy as np

WINDOW = 1000
"""Sequences in the narrowest window."""
POINTS = 64
"""Points of the longest curve; neighbours are merged by pairs until it is no longer."""

Window = tuple[int, float, int]  # sequences, sum of their mean |error|, how many were wrong


class Curve:
    """Takes sequences in order, in chunks of any size, and gives one and the same curve."""

    def __init__(self) -> None:
        self._windows: list[Window] = []
        self._errors: list[float] = []
        self._wrong: list[bool] = []

    def add(self, mean_abs_errors: np.ndarray, wrong: np.ndarray) -> None:
        """Add the next sequences: (sequence,) mean |error|, finite, and (sequence,) wrong."""
        self._errors += mean_abs_errors.tolist()
        self._wrong += wrong.tolist()
        while len(self._errors) >= WINDOW:
            self._windows.append(_window(self._errors[:WINDOW], self._wrong[:WINDOW]))
            self._errors, self._wrong = self._errors[WINDOW:], self._wrong[WINDOW:]

    def points(self) -> list[list[float]]:
        """Return [sequences so far, mean |error| in the window, wrong ones in it], in order.

        Means hold four significant digits. The last window may be narrower than the others.
        """
        rest = [_window(self._errors, self._wrong)] if len(self._errors) else []
        windows = self._windows + rest
        while len(windows) > POINTS:
            windows = [_merged(windows[i : i + 2]) for i in range(0, len(windows), 2)]
        return _points(windows)


def thinner(points: list[list[float]]) -> list[list[float]]:
    """Return a curve of half as many points: neighbours are merged by pairs."""
    ends = [0, *(int(end) for end, _, _ in points)]
    widths = np.diff(ends).tolist()
    windows = [
        (n, n * mean, int(wrong)) for n, (_, mean, wrong) in zip(widths, points, strict=True)
    ]
    return _points([_merged(windows[i : i + 2]) for i in range(0, len(windows), 2)])


def every_other(points: list[list[float]]) -> list[list[float]]:
    """Return half of a curve's points, the last among them: of one that has no windows."""
    return points[1 - len(points) % 2 :: 2]


def _points(windows: list[Window]) -> list[list[float]]:
    ends = accumulate(n for n, _, _ in windows)
    return [
        [end, float(f"{total / n:.4g}"), wrong]
        for end, (n, total, wrong) in zip(ends, windows, strict=True)
    ]


def _window(errors: list[float], wrong: list[bool]) -> Window:
    return len(errors), math.fsum(errors), sum(wrong)


def _merged(windows: list[Window]) -> Window:
    counts, totals, wrong = zip(*windows, strict=True)
    return sum(counts), math.fsum(totals), sum(wrong)
