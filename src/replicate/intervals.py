"""How sure a number of few trials is: 95 % intervals, and what batches of them would give."""

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 10_000
GRID = 2.0**30
TAIL = (1 - CONFIDENCE) / 2

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Interval = tuple[float, float]
Plan = Callable[[int], Interval]
"""Our interval, as so many trials like ours would give it."""


def wilson(k: float, n: float) -> Interval:
    """Return Wilson's interval of a share: ``k`` of ``n`` trials, fractions allowed."""
    z2 = float(stats.norm.ppf(TAIL)) ** 2
    centre = (k + z2 / 2) / (n + z2)
    half = math.sqrt(z2 * (k * (n - k) / n + z2 / 4)) / (n + z2)
    return max(0.0, centre - half), min(1.0, centre + half)


def poisson(total: float, n: float) -> Interval:
    """Return the exact (Garwood) interval of a mean count: ``total`` in ``n`` trials."""
    low = stats.chi2.ppf(TAIL, 2 * total) if total else 0.0
    return float(low) / 2 / n, float(stats.chi2.ppf(1 - TAIL, 2 * total + 2)) / 2 / n


def bootstrap(values: Vector) -> Interval:
    """Return the BCa interval of the mean of (trial,) values, by a fixed generator.

    Values that are all the same give that value; fewer than two tell nothing. BCa asks which
    resampled means equal ours, so the values are first put on a grid on which sums are exact.
    """
    if len(values) < 2:
        return -math.inf, math.inf
    least, most = float(values.min()), float(values.max())
    if least == most:
        return least, most
    low, high = stats.bootstrap(
        (np.round((values - least) / (most - least) * GRID),), np.mean, method="BCa",
        confidence_level=CONFIDENCE, n_resamples=RESAMPLES, rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    step = (most - least) / GRID
    return least + float(low) * step, min(most, least + float(high) * step)


def share_plan(share: float) -> Plan:
    """Return how the interval of a share of trials narrows."""
    return lambda n: wilson(share * n, n)


def mean_plan(values: Vector, n: int, count: bool = False) -> Plan:
    """Return how the interval of a mean narrows; ``n`` are all the trials behind the values.

    A mean count has the exact interval, too, and the outer ends of both: trials may differ more
    than that knows, or too few counts may hide how much they differ.
    """
    if not len(values):
        return lambda trials: (-math.inf, math.inf)
    mean = float(values.mean())
    low, high = bootstrap(values)

    def plan(trials: int) -> Interval:
        width = math.sqrt(n / trials)
        ends = mean - (mean - low) * width, mean + (high - mean) * width
        if not count:
            return ends
        behind = trials * len(values) / n
        exact = poisson(mean * behind, behind)
        return min(ends[0], exact[0]), max(ends[1], exact[1])

    return plan


def student_plan(values: Vector) -> Plan:
    """Return how Student's t interval of the mean of (trial,) values narrows.

    For values that are about normal: it holds for a few of them, where resampled means hardly
    leave the range of the values. Fewer than two tell nothing.
    """
    if len(values) < 2:
        return lambda trials: (-math.inf, math.inf)
    mean, spread = float(values.mean()), float(values.std(ddof=1))

    def plan(trials: int) -> Interval:
        half = float(stats.t.ppf(1 - TAIL, trials - 1)) * spread / math.sqrt(trials)
        return mean - half, mean + half

    return plan


def as_far(
    values: Vector, paper: float, trials: int, unknown: Mask | None = None, half: float = 0.0
) -> tuple[float, bool]:
    """Return how probable it is that a mean of so many of ours lies as far off as the paper's.

    Batches of ``trials`` are drawn from our values with return, by a fixed generator. Two-
    sided: twice the smaller of two shares of batches, those whose mean is at most the paper's
    and those whose mean is at least the paper's; never above 1. ``half`` is half a unit of the
    paper's last digit, where that is known. A value that is ``unknown`` (of a capped trial) is
    a lower bound; a batch of which it is open on which side of the paper's it lies counts on
    both, so that the probability is an upper bound: then True goes with it.
    """
    picks = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, trials))
    means = values[picks].mean(axis=1)
    slack = half + 1e-9 * max(1.0, abs(paper))
    below, above = means <= paper + slack, means >= paper - slack
    open_ = below & (False if unknown is None else unknown[picks].any(axis=1))
    smaller = min(below.mean(), (above | open_).mean())
    return min(1.0, 2 * float(smaller)), bool(open_.any())
