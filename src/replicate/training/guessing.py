"""Random weight guessing: draw all weights anew until a net is right on a training set.

Hochreiter & Schmidhuber (1997), section 5, warn that a task which guessing solves says little
of a learning algorithm. The engine shows eight guesses at a time, each until its first error.
"""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from replicate.curve import Curve
from replicate.engine import draws
from replicate.engine.lanes import Lanes
from replicate.engine.library import LANES
from replicate.engine.training import CHUNK, test
from replicate.outcome import Outcome
from replicate.topology import Sequences, Update


def walk(setting: Any, seeds: Iterator[int], dtype: str = "float64") -> Iterator[Outcome]:
    """Guess for each seed until a net is right; yield how many sequences that took."""
    lanes = Lanes(setting.topology(), Update(0.0), setting.stopping(), dtype)
    for seed in seeds:
        yield guessed(setting, lanes, seed)


def guessed(setting: Any, lanes: Lanes, seed: int) -> Outcome:
    """Return what came of guessing for one seed; ``test`` also has the number of guesses."""
    began, rule = time.perf_counter(), setting.stopping()
    training = setting.sequences(seed, "training", 0, rule.among)
    steps = np.concatenate([[0], np.cumsum(training.lengths)])
    n, r = setting.topology().n_weights, setting.weight_range
    guesses = shown = taken = 0
    status, weights = "capped", np.zeros((1, n))
    while guesses < rule.cap and status == "capped":
        count = min(LANES, rule.cap - guesses)
        weights = draws.uniform(seed, "guess", guesses, count, 0, n, -r, r)
        seen = until_wrong(lanes, weights, training, rule.tolerance)
        right = np.flatnonzero(np.isinf(seen))
        tried = count if len(right) == 0 else int(right[0]) + 1
        looked = np.minimum(seen[:tried], rule.among).astype(int)
        guesses, shown, taken = (
            guesses + tried,
            shown + looked.sum(),
            taken + steps[looked].sum(),
        )
        weights = weights[:tried]
        status = "solved" if len(right) else "capped"
    of = training.inputs[:1].nbytes + training.targets[:1].nbytes
    tested = test(setting, lanes, weights[-1], seed, max(1, CHUNK // of))
    return Outcome(
        seed=seed, status=status, sequences=int(shown), steps=int(taken),
        test=tested | {"guesses": guesses}, curve=Curve().points(), weights=weights[-1],
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def until_wrong(
    lanes: Lanes, weights: np.ndarray, training: Sequences, tolerance: float
) -> np.ndarray:
    """Return how many sequences each of (guess, weight) is shown, inf if it is always right."""
    seen = np.full(len(weights), math.inf)
    for lane, guess in enumerate(weights):
        lanes.load(lane, guess)
    at, piece = 0, 1
    while at < len(training.lengths) and np.isinf(seen).any():
        chunk = training.part(slice(at, at + piece))
        going = [lane < len(seen) and math.isinf(seen[lane]) for lane in range(LANES)]
        results = lanes.walk([chunk if on else None for on in going], learn=False)
        for lane, result in enumerate(results):
            if result is not None:
                wrong = np.flatnonzero(~(result.max_error < tolerance))
                if len(wrong):
                    seen[lane] = at + wrong[0] + 1
        at, piece = at + piece, 4 * piece
    return seen
