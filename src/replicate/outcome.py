"""What came out of a trial, and its digest."""

import hashlib
import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np

from replicate.curve import thinner

Points = list[list[float]]
STATUSES = ("solved", "capped", "diverged")


@dataclass(frozen=True, eq=False)
class Outcome:
    """How one trial ended.

    ``test`` holds the numbers of the frozen net on the stream "test": ``sequences``, ``wrong``,
    ``mean_abs_error``, ``mean_squared_error``; it is empty if the trial diverged. Of a mark
    before the last it holds them as ``"NAME.wrong"``, …; ``"NAME.sequences"`` are those of
    training. ``curve`` holds the points of ``replicate.curve``, or others, of which ``thinner``
    makes half as many; ``weights`` is (weight,) float64 and finite, empty if the trial
    diverged. Raises ``ValueError`` for what no trial can end with.
    """

    seed: int
    status: str
    sequences: int
    steps: int
    test: dict[str, float]
    curve: Points = field(default_factory=list)
    weights: np.ndarray = field(default_factory=lambda: np.empty(0))
    seconds: float = 0.0
    thinner: Callable[[Points], Points] = thinner

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"status = {self.status!r}: give one of {', '.join(STATUSES)}")
        if not np.isfinite([*self.weights, *self.test.values()]).all():
            raise ValueError(f"seed {self.seed}: a weight or a test number is not finite")


def measured(
    wrong: int, mean_errors: Collection[float], mean_squares: Collection[float]
) -> dict[str, float]:
    """Return the test numbers of a frozen net from those of each sequence, (sequence,)."""
    n = len(mean_errors)
    return {
        "sequences": n,
        "wrong": wrong,
        "mean_abs_error": math.fsum(mean_errors) / n,
        "mean_squared_error": math.fsum(mean_squares) / n,
    }


def at_mark(name: str, sequences: int, tested: dict[str, float]) -> dict[str, float]:
    """Return what a trial keeps of a mark that it passed after so many training sequences."""
    return {f"{name}.{of}": number for of, number in {**tested, "sequences": sequences}.items()}


def digest(outcome: Outcome, of_weights: str | None = None) -> str:
    """Return the SHA-256, in hex, of everything in an outcome but its curve and its seconds.

    Whole numbers are hashed as decimals, test numbers as exact hexadecimals, weights by their
    own digest (``of_weights`` if they are not at hand): it is the same on every machine.
    """
    test = {name: float(number).hex() for name, number in outcome.test.items()}
    numbers = [int(n) for n in (outcome.seed, outcome.sequences, outcome.steps)]
    weights = of_weights or weights_digest(outcome.weights)
    text = json.dumps([outcome.status, numbers, test, weights], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def weights_digest(weights: np.ndarray) -> str:
    """Return the SHA-256, in hex, of the weights as little-endian float64."""
    return hashlib.sha256(np.asarray(weights, "<f8").tobytes()).hexdigest()
