"""Train the two nets of the sequence chunker, many trials side by side (Schmidhuber 1992).

At each step A reads a symbol and predicts the next one. Where that one is off, C learns to
predict it from what it read last, which may be long ago, and then reads it.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replicate.cells.predictor import Reader, Weights
from replicate.outcome import Outcome, measured
from replicate.tasks.chunker import Chunker
from replicate.training.stopping import Watch

TOGETHER = 32
"""Trials that are trained side by side; any number gives the same trials."""
DRAWN = 100
"""Training sequences of a trial drawn at a time, as little to the point."""
SHOWN = 256
"""Most sequences that frozen nets are shown at a time, as little to the point."""


class Pair(NamedTuple):
    """The automatizers and the chunkers of several trials, or changes to them."""

    a: Weights
    c: Weights


class Readers(NamedTuple):
    """Where they stand in their sequences."""

    a: Reader
    c: Reader

    @classmethod
    def of(cls, pair: Pair, nets: np.ndarray | None = None) -> "Readers":
        """Return them before a sequence; ``nets`` as ``Reader`` has them."""
        return cls(Reader(pair.a, nets), Reader(pair.c, nets))


@dataclass
class Trial:
    """What a trial carries along besides its weights."""

    seed: int
    watch: Watch
    end: str | None = None
    seconds: float = 0.0


def show(
    setting: Chunker, readers: Readers, symbols: np.ndarray, into: Pair | None = None
) -> np.ndarray:
    """Show each row its sequence, (row, p + 1) symbols; return |e|, (row, p, symbol).

    The errors are A's or, if both answer, C's where A fails. What the nets learn is added to
    ``into``. C learns an unexpected symbol before it reads it; A is then to say in which state
    C is. The first symbol is unexpected, but no prediction of it is learned; the last one is a
    target only.
    """
    (a, c), everywhere = readers, slice(None)
    rows, p, rate = np.arange(len(symbols)), setting.p, setting.learning_rate
    errors = np.empty((len(symbols), p, p + 1))
    unexpected = rows
    for t in range(p):
        following = symbols[:, t + 1]
        if len(unexpected):
            c.read(unexpected, symbols[unexpected, t])
        a.read(everywhere, symbols[:, t])
        e = -a.y
        e[rows, following] += 1.0
        e[:, -1] += c.h
        np.abs(e[:, :-1], out=errors[:, t])
        unexpected = np.flatnonzero(errors[:, t].max(axis=1) >= setting.threshold)
        if into:
            a.learn(everywhere, e, rate, into.a)
        if len(unexpected):
            e = -c.y[unexpected]
            e[np.arange(len(e)), following[unexpected]] += 1.0
            if into:
                c.learn(unexpected, e, rate, into.c)
            if setting.answers == "both":
                errors[unexpected, t] = np.abs(e)
    return errors


def walk(setting: Chunker, seeds: Iterator[int], dtype: str = "float64") -> Iterator[Outcome]:
    """Train a pair for each seed, some side by side; yield each as it ends."""
    while group := list(itertools.islice(seeds, TOGETHER)):
        yield from trained(setting, group)


def trained(setting: Chunker, seeds: list[int]) -> Iterator[Outcome]:
    """Train a pair for each of these seeds, all side by side; yield each as it ends."""
    trials = [Trial(seed, Watch(setting.stopping())) for seed in seeds]
    pair = begun(setting, seeds)
    readers = Readers.of(pair)
    for n in itertools.count():
        began = time.perf_counter()
        if n % DRAWN == 0:
            drawn = {t.seed: setting.symbols(t.seed, "training", n, DRAWN) for t in trials}
        if setting.reset:
            readers = Readers.of(pair)
        errors = taught(setting, readers, np.stack([drawn[t.seed][n % DRAWN] for t in trials]))
        finite = pair.a.finite() & pair.c.finite()
        for i, trial in enumerate(trials):
            trial.end = trial.watch.see(errors[i], setting.p, finite[i])
        if trials[0].watch.due:
            right = checked(setting, pair, trials)
            for i, trial in enumerate(trials):
                trial.watch.check(0 if i in right else 1, 0.0)
        taken, going = (time.perf_counter() - began) / len(trials), []
        for i, trial in enumerate(trials):
            trial.seconds += taken
            if end := trial.end or trial.watch.end():
                yield outcome(setting, pair, i, trial, end)
            else:
                going.append(i)
        if not going:
            return
        if len(going) < len(trials):
            trials = [trials[i] for i in going]
            readers.a.keep(going)
            readers.c.keep(going)


def begun(setting: Chunker, seeds: list[int]) -> Pair:
    """Return the pairs of nets before training."""
    flat = np.stack([setting.initial_weights(seed) for seed in seeds])
    a, c = np.split(flat, [setting.topology().n_weights], axis=1)
    return Pair(Weights.of(a, setting.p + 1), Weights.of(c, setting.p + 1))


def taught(setting: Chunker, readers: Readers, symbols: np.ndarray) -> np.ndarray:
    """Train each trial's nets on its sequence; return |e| as ``show`` does."""
    pair = Pair(readers.a.weights, readers.c.weights)
    if setting.update_after == "step":
        return show(setting, readers, symbols, pair)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    errors = show(setting, readers, symbols, change)
    pair.a.add(change.a)
    pair.c.add(change.c)
    return errors


def checked(setting: Chunker, pair: Pair, trials: list[Trial]) -> set[int]:
    """Return which trials' frozen nets are right on all sequences of the check that is due."""
    rule, first, piece = setting.stopping(), 0, 1
    right = np.arange(len(trials))
    while len(right) and first < rule.among:
        count = min(piece, rule.among - first, max(1, SHOWN // len(right)))
        seen = [(trials[i].seed, trials[i].watch.first_check + first) for i in right]
        symbols = [setting.symbols(seed, "check", at, count) for seed, at in seen]
        errors = judged(setting, pair, np.repeat(right, count), np.concatenate(symbols))
        wrong = ~(errors.max(axis=(1, 2)) < rule.tolerance)
        right = right[~wrong.reshape(-1, count).any(axis=1)]
        first, piece = first + count, 4 * piece
    return set(right.tolist())


def judged(setting: Chunker, pair: Pair, nets: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """Return |e| of frozen nets, (row, target, symbol), where their predictions count."""
    return show(setting, Readers.of(pair, nets), symbols)[:, setting.judged_from() :]


def tested(setting: Chunker, pair: Pair, net: int, seed: int) -> dict[str, float]:
    """Return the test numbers of a trial's frozen nets."""
    rule, means, squares, wrong = setting.stopping(), [], [], 0
    for first in range(0, rule.n_test, SHOWN):
        symbols = setting.symbols(seed, "test", first, min(SHOWN, rule.n_test - first))
        for e in judged(setting, pair, np.full(len(symbols), net), symbols):
            means.append(e.mean())
            squares.append((e**2).mean())
            wrong += not e.max() < rule.tolerance
    return measured(wrong, means, squares)


def outcome(setting: Chunker, pair: Pair, net: int, trial: Trial, status: str) -> Outcome:
    """Return how a trial ended, with A's and then C's weights, tested unless it diverged."""
    began, kept = time.perf_counter(), status != "diverged"
    test = tested(setting, pair, net, trial.seed) if kept else {}
    last = np.concatenate([w.flat()[net] for w in pair]) if kept else np.empty(0)
    seconds = trial.seconds + time.perf_counter() - began
    return trial.watch.outcome(trial.seed, status, test, last, seconds)
