"""Train the two nets of the sequence chunker, one trial after the other, in the engine."""

import time
from collections.abc import Iterator

import numpy as np

from replicate.engine.chunker import Pair
from replicate.engine.training import FIRST_LOOK
from replicate.outcome import Outcome, measured
from replicate.tasks.chunker import Chunker
from replicate.training.stopping import Watch

CHUNK = 256
"""Most sequences drawn at a time, as little to the point."""


def walk(setting: Chunker, seeds: Iterator[int], dtype: str = "float64") -> Iterator[Outcome]:
    """Train a pair of nets for each seed; yield each as it ends."""
    for seed in seeds:
        yield trained(setting, seed)


def trained(setting: Chunker, seed: int) -> Outcome:
    """Train a trial's pair of nets and test it unless it diverged."""
    began, rule = time.perf_counter(), setting.stopping()
    pair, watch, end = Pair(setting, setting.initial_weights(seed)), Watch(rule), None
    while not end:
        count = min(
            CHUNK, rule.every - watch.sequences % rule.every, rule.cap - watch.sequences
        )
        seen = pair.learn(setting.symbols(seed, "training", watch.sequences, count))
        end = watch.see_all(seen.mean_error, seen.max_error, setting.p, seen.finite)
        if not end and watch.due:
            watch.check(int(not right(setting, pair, seed, watch.first_check)), 0.0)
        end = end or watch.end()
    kept = end != "diverged"
    test = tested(setting, pair, seed) if kept else {}
    last = pair.weights() if kept else np.empty(0)
    return watch.outcome(seed, end, test, last, time.perf_counter() - began)


def right(setting: Chunker, pair: Pair, seed: int, first: int) -> bool:
    """Return whether the frozen nets are right on all sequences of the check that is due."""
    rule, shown, piece = setting.stopping(), 0, FIRST_LOOK
    while shown < rule.among:
        count = min(piece, CHUNK, rule.among - shown)
        seen = pair.look(setting.symbols(seed, "check", first + shown, count))
        if not (seen.max_error < rule.tolerance).all():
            return False
        shown, piece = shown + count, 4 * piece
    return True


def tested(setting: Chunker, pair: Pair, seed: int) -> dict[str, float]:
    """Return the test numbers of a trial's frozen nets."""
    rule = setting.stopping()
    firsts = range(0, rule.n_test, CHUNK)
    parts = [
        pair.look(setting.symbols(seed, "test", first, min(CHUNK, rule.n_test - first)))
        for first in firsts
    ]
    largest, means, squares = (np.concatenate(of) for of in list(zip(*parts, strict=True))[:3])
    return measured(int((~(largest < rule.tolerance)).sum()), means, squares)
