"""Many trials of one setting, eight side by side in the engine."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from replicate.curve import Curve
from replicate.engine.library import (
    EVENTS,
    LANES,
    PRECISIONS,
    Chunk,
    Net,
    Progress,
    Rule,
    engine,
)
from replicate.outcome import Outcome
from replicate.topology import Sequences, Streak, Topology, Update

STEPS_A_CHUNK = 1 << 16
"""Time steps of one lane's chunk; larger chunks cost memory, smaller ones time in Python."""


@dataclass(frozen=True)
class Results:
    """What became of each sequence walked, (sequence,); errors over its outputs and targets."""

    max_error: np.ndarray
    mean_error: np.ndarray
    mean_square: np.ndarray
    first_wrong: np.ndarray  # time step of the first error not below the tolerance, or -1


class Lanes:
    """Eight nets of one topology side by side, each with its own weights and sequences."""

    def __init__(
        self, topology: Topology, update: Update, stopping: Streak, dtype: str = "float64"
    ) -> None:
        library, precision = engine(), PRECISIONS[dtype]
        self.topology = topology
        self._net = Net.of(topology)
        self._rule = Rule.of(update, stopping)
        self._call = getattr(library, f"walk_{precision}")
        size = getattr(library, f"workspace_size_{precision}")(self._net)
        memory = np.zeros(size + 128, np.uint8)
        self._workspace = memory[-memory.ctypes.data % 128 :][:size]
        rows = _rows(topology)
        real = self._workspace.view(dtype)[: 2 * rows.total * LANES]
        self._weights, self._change = real.reshape(2, rows.total, LANES)
        self._places = rows.places
        self._recent = np.zeros((LANES, max(1, stopping.length)), np.int64)
        self._progress = (Progress * LANES)()
        self._frozen = (Progress * LANES)()

    def load(self, lane: int, weights: np.ndarray) -> None:
        """Start a new trial in a lane from (weight,) weights."""
        self._weights[:, lane] = 0.0
        self._weights[self._places, lane] = weights
        self._change[:, lane] = 0.0
        self._recent[lane] = 0
        self._progress[lane] = Progress(recent=self._recent[lane].ctypes.data)

    def weights(self, lane: int) -> np.ndarray:
        """Return a lane's (weight,) float64."""
        return self._weights[self._places, lane].astype(np.float64)

    def progress(self, lane: int) -> Progress:
        """Return how far a lane's trial has come."""
        return self._progress[lane]

    def event(self, lane: int) -> str:
        """Return why a lane's trial ended, or "none"."""
        return EVENTS[self._progress[lane].event]

    def walk(
        self, chunks: Sequence[Sequences | None], learn: bool = True
    ) -> list[Results | None]:
        """Train on a chunk in each lane, or only look; a trial that ends leaves the rest."""
        structs = (Chunk * LANES)()
        kept: list[Any] = []
        for struct, chunk in zip(structs, chunks, strict=True):
            if chunk is not None:
                kept.append(_fill(struct, chunk, self.topology))
        progress = self._progress if learn else self._frozen
        place = self._workspace.ctypes.data
        self._call(self._net, self._rule, progress, structs, place, int(learn))
        arrays = iter(kept)
        return [
            None if chunk is None else Results(*(a[: s.done] for a in next(arrays)[0]))
            for s, chunk in zip(structs, chunks, strict=True)
        ]


@dataclass(frozen=True)
class _Rows:
    total: int
    places: np.ndarray


def _rows(topology: Topology) -> _Rows:
    """Return the engine's padded rows and where the flat weights stand in them."""
    columns = topology.n_sources + 1
    out_columns = topology.n_cells + topology.n_in * topology.input_to_output + 1
    hidden = np.ones((topology.n_hidden, columns), bool)
    hidden[:, -1] = topology.hidden_biased
    outputs = np.ones((topology.n_out, out_columns), bool)
    outputs[:, -1] = topology.bias_outputs
    flags = np.concatenate([hidden.ravel(), outputs.ravel()])
    return _Rows(flags.size, np.flatnonzero(flags))


def _fill(
    struct: Chunk, chunk: Sequences, topology: Topology
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Point a struct at a chunk's arrays and at new ones for its results; return both."""
    kind = np.int32 if topology.symbols else np.float64
    inputs = np.ascontiguousarray(chunk.inputs, kind)
    lengths = np.ascontiguousarray(chunk.lengths, np.int32)
    times = np.ascontiguousarray(chunk.target_times, np.int32)
    targets = np.ascontiguousarray(chunk.targets, np.float64)
    count = len(lengths)
    results = [np.empty(count) for _ in range(3)] + [np.empty(count, np.int32)]
    setattr(struct, "symbols" if topology.symbols else "inputs", inputs.ctypes.data)
    struct.lengths, struct.target_times = lengths.ctypes.data, times.ctypes.data
    struct.targets = targets.ctypes.data
    struct.max_error, struct.mean_error, struct.mean_square, struct.first_wrong = (
        a.ctypes.data for a in results
    )
    struct.count, struct.time, struct.n_targets = count, inputs.shape[1], times.shape[1]
    return results, [inputs, lengths, times, targets]


@dataclass
class _Trial:
    seed: int
    started: float
    curve: Curve
    next: int = 0


def walk(
    setting: Any, seeds: Iterator[int], dtype: str = "float64", steps: int = STEPS_A_CHUNK
) -> Iterator[Outcome]:
    """Train one trial a seed and yield each outcome as its trial ends; the lane takes the next.

    ``setting`` has ``topology``, ``update``, ``stopping``, ``initial_weights``, ``sequences``;
    each lane is given chunks of about ``steps`` time steps, which changes no outcome.
    """
    topology, stopping = setting.topology(), setting.stopping()
    lanes = Lanes(topology, setting.update(), stopping, dtype)
    tester = Lanes(topology, setting.update(), stopping, dtype)
    trials: list[_Trial | None] = [None] * LANES
    width = setting.sequences(0, "training", 0, 1).inputs.shape[1]
    size = max(1, steps // width)
    chunks: list[Sequences | None] = [None] * LANES
    while True:
        for lane in range(LANES):
            if trials[lane] is None and (seed := next(seeds, None)) is not None:
                trials[lane] = _Trial(seed, time.perf_counter(), Curve())
                lanes.load(lane, setting.initial_weights(seed))
        if not any(trials):
            return
        for lane, t in enumerate(trials):  # one by one, so that old chunks' memory serves again
            new = None if t is None else setting.sequences(t.seed, "training", t.next, size)
            chunks[lane] = new
        results = lanes.walk(chunks)
        for lane, (trial, result) in enumerate(zip(trials, results, strict=True)):
            if trial is None or result is None:
                continue
            event = lanes.event(lane)
            _note(trial, result, stopping.tolerance, event)
            if event != "none":
                trials[lane] = None
                yield _outcome(setting, trial, lanes, lane, event, tester, size)


def _note(trial: _Trial, result: Results, tolerance: float, event: str) -> None:
    """Add a chunk's results to a trial's curve, but for a sequence at which it diverged."""
    trial.next += len(result.max_error)
    kept = slice(0, len(result.max_error) - (event == "diverged"))
    trial.curve.add(result.mean_error[kept], result.max_error[kept] >= tolerance)


def _outcome(
    setting: Any, trial: _Trial, lanes: Lanes, lane: int, event: str, tester: Lanes, size: int
) -> Outcome:
    done = lanes.progress(lane)
    diverged = event == "diverged"
    weights = np.empty(0) if diverged else lanes.weights(lane)
    tested = {} if diverged else test(setting, tester, weights, trial.seed, size)
    return Outcome(
        seed=trial.seed, status=event, sequences=done.sequences, steps=done.steps, test=tested,
        curve=trial.curve.points(), weights=weights,
        seconds=time.perf_counter() - trial.started,
    )  # fmt: skip


def test(
    setting: Any, lanes: Lanes, weights: np.ndarray, seed: int, size: int
) -> dict[str, float]:
    """Return how a frozen net does on ``n_test`` sequences of a trial's test stream."""
    count = setting.stopping().n_test
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
    tolerance = setting.stopping().tolerance
    return {
        "sequences": count,
        "wrong": sum(int((~(r.max_error < tolerance)).sum()) for r in found),
        "mean_abs_error": math.fsum(e for r in found for e in r.mean_error) / count,
        "mean_squared_error": math.fsum(e for r in found for e in r.mean_square) / count,
    }
