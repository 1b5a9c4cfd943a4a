"""Many trials of one setting, eight side by side: train, look for marks, test, take the next.

A trial's sequences are drawn ahead and walked in chunks that end where its net is looked at:
when a frozen check is due, or when its error may have stopped falling. The size of chunks
changes no outcome.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from replicate.curve import Curve
from replicate.engine.lanes import Lanes, Results
from replicate.engine.library import LANES
from replicate.outcome import Outcome, at_mark, measured
from replicate.topology import Mark, Sequences, Stopping
from replicate.training.stopping import Stall

CHUNK = 1 << 20
"""Bytes of one lane's chunk; larger chunks cost memory, smaller ones time in Python."""
FIRST_LOOK = 1
"""Sequences of a frozen check that are shown at first: one that fails is over early."""


@dataclass
class Trial:
    """What a trial carries along besides its weights."""

    seed: int
    lane: int
    marks: list[Mark]  # ahead
    stall: Stall | None  # while it is young
    curve: Curve = field(default_factory=Curve)
    reached: dict[str, float] = field(default_factory=dict)
    sequences: int = 0
    drawn: Sequences | None = None  # ahead
    first: int = 0  # of those drawn
    began: float = field(default_factory=time.perf_counter)


def walk(
    setting: Any, seeds: Iterator[int], dtype: str = "float64", chunk: int = CHUNK
) -> Iterator[Outcome]:
    """Train one trial a seed and yield each outcome as its trial ends; the lane takes the next.

    Each lane is given chunks of about ``chunk`` bytes, which changes no outcome.
    """
    net = setting.topology(), setting.update(), setting.stopping(), dtype
    lanes, frozen = Lanes(*net), Lanes(*net)
    one = setting.sequences(0, "training", 0, 1)
    size = max(1, chunk // (one.inputs.nbytes + one.targets.nbytes))
    trials: dict[int, Trial] = {}
    chunks: list[Sequences | None] = [None] * LANES
    while True:
        for lane in range(LANES):
            if lane not in trials and (seed := next(seeds, None)) is not None:
                trials[lane] = _begun(setting, lanes, lane, seed)
        if not trials:
            return
        for lane in range(LANES):  # one by one, so that old chunks' memory serves again
            chunks[lane] = _next(setting, trials[lane], size) if lane in trials else None
        for lane, result in enumerate(lanes.walk(chunks)):
            if result is not None:
                _note(setting, lanes, trials[lane], result)
        checked = _check(setting, lanes, frozen, list(trials.values()), size)
        for lane, trial in list(trials.items()):
            passed = _passed(lanes, trial, checked)
            status = "solved" if passed and not trial.marks else lanes.event(lane)
            tested = {}
            if status != "diverged" and (passed or status != "none"):
                tested = test(setting, frozen, lanes.weights(lane), trial.seed, size)
            for mark in passed if trial.marks else passed[:-1]:
                trial.reached |= at_mark(mark.name, trial.sequences, tested)
            if status != "none":
                del trials[lane]
                yield _outcome(lanes, trial, status, tested)


def _begun(setting: Any, lanes: Lanes, lane: int, seed: int) -> Trial:
    growth = setting.growth()
    lanes.load(lane, setting.initial_weights(seed), young=growth is not None)
    stall = Stall(growth) if growth else None
    return Trial(seed, lane, list(setting.stopping().marks), stall)


def _next(setting: Any, trial: Trial, size: int) -> Sequences:
    """Return a trial's next sequences, up to the one after which its net is looked at."""
    rule, at = setting.stopping(), trial.sequences - trial.first
    if trial.drawn is None or at >= len(trial.drawn.lengths):
        trial.drawn = None  # its memory serves again
        ahead = min(size, rule.cap - trial.sequences)
        trial.drawn = setting.sequences(trial.seed, "training", trial.sequences, ahead)
        trial.first, at = trial.sequences, 0
    for period in (rule.every, trial.stall.window if trial.stall else 0):
        if period:
            size = min(size, period - trial.sequences % period)
    return trial.drawn.part(slice(at, at + size))


def _note(setting: Any, lanes: Lanes, trial: Trial, result: Results) -> None:
    """Count a chunk's results, the sequence at which a trial diverged aside; let a net grow."""
    trial.sequences = lanes.progress(trial.lane).sequences
    kept = slice(0, len(result.max_error) - (lanes.event(trial.lane) == "diverged"))
    means = result.mean_error[kept]
    trial.curve.add(means, result.max_error[kept] >= setting.stopping().tolerance)
    if trial.stall and trial.stall.see(means):
        lanes.grow(trial.lane, setting.initial_weights(trial.seed))
        trial.stall = None


def _check(
    setting: Any, lanes: Lanes, frozen: Lanes, trials: list[Trial], size: int
) -> dict[int, tuple[int, float]]:
    """Return, by lane, how many frozen sequences were wrong and their mean |error|.

    Only of trials whose check is due and does not fail the next mark.
    """
    rule: Stopping = setting.stopping()
    due = {
        t.lane: t
        for t in trials
        if rule.every and t.sequences % rule.every == 0 and lanes.event(t.lane) != "diverged"
    }
    wrong = dict.fromkeys(due, 0)
    means: dict[int, list[np.ndarray]] = {lane: [] for lane in due}
    if due:
        frozen.copy(lanes)
    first, piece = 0, FIRST_LOOK
    while due and first < rule.among:
        count = min(piece, size, rule.among - first)
        chunks: list[Sequences | None] = [None] * LANES
        for lane, t in due.items():
            before = 0 if rule.same else (t.sequences // rule.every - 1) * rule.among
            chunks[lane] = setting.sequences(t.seed, "check", before + first, count)
        for lane, result in enumerate(frozen.walk(chunks, learn=False)):
            if result is not None:
                wrong[lane] += int((~(result.max_error < rule.tolerance)).sum())
                means[lane].append(result.mean_error)
                if wrong[lane] >= due[lane].marks[0].fewer:
                    del due[lane]
        first, piece = first + count, 4 * piece
    return {
        lane: (wrong[lane], math.fsum(np.concatenate(means[lane])) / rule.among) for lane in due
    }


def _passed(lanes: Lanes, trial: Trial, checked: dict[int, tuple[int, float]]) -> list[Mark]:
    """Take the marks that a trial meets now off those ahead, in order, and return them."""
    lane, passed = trial.lane, []
    while trial.marks:
        mark = trial.marks[0]
        if lane in checked:
            wrong, mean = checked[lane]
            met = wrong < mark.fewer and mean < mark.mean_below
        else:
            met = lanes.event(lane) == "marked" and lanes.meets(lane, mark)
        if not met:
            break
        passed.append(trial.marks.pop(0))
    if trial.marks and lanes.event(lane) == "marked":
        lanes.seek(lane, trial.marks[0])
    return passed


def _outcome(lanes: Lanes, trial: Trial, status: str, tested: dict[str, float]) -> Outcome:
    return Outcome(
        seed=trial.seed, status=status, sequences=trial.sequences,
        steps=lanes.progress(trial.lane).steps, test=tested | trial.reached,
        curve=trial.curve.points(),
        weights=np.empty(0) if status == "diverged" else lanes.weights(trial.lane),
        seconds=time.perf_counter() - trial.began,
    )  # fmt: skip


def test(
    setting: Any, lanes: Lanes, weights: np.ndarray, seed: int, size: int
) -> dict[str, float]:
    """Return how a frozen net does on ``n_test`` sequences of a trial's test stream."""
    rule = setting.stopping()
    count = rule.n_test
    for lane in range(LANES):
        lanes.load(lane, weights)
    piece = min(size, -(-count // LANES))
    firsts = list(range(0, count, piece))
    found: list[Results] = []
    for at in range(0, len(firsts), LANES):
        chunks = [
            setting.sequences(seed, "test", first, min(piece, count - first))
            for first in firsts[at : at + LANES]
        ]
        spare = [None] * (LANES - len(chunks))
        found += [r for r in lanes.walk([*chunks, *spare], learn=False) if r is not None]
    return measured(
        sum(int((~(r.max_error < rule.tolerance)).sum()) for r in found),
        np.concatenate([r.mean_error for r in found]),
        np.concatenate([r.mean_square for r in found]),
    )
