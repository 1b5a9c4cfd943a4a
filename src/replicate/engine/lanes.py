"""Eight nets side by side in the engine: what the C core does, with NumPy arrays around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
from replicate.topology import Mark, Sequences, Stopping, Topology, Update

UNIT = 2.0**40
"""The engine sums mean |errors| as whole numbers of 1 / UNIT."""


@dataclass(frozen=True)
class Results:
    """What became of each sequence walked, (sequence,); errors over its outputs and targets."""

    max_error: np.ndarray  # of a net looked at under a rule that ranks: 1 if wrong, else 0
    mean_error: np.ndarray
    mean_square: np.ndarray
    first_wrong: np.ndarray  # time step of the first error not below the tolerance, or -1


class Lanes:
    """Eight nets of one topology side by side, each with its own weights and sequences."""

    def __init__(
        self, topology: Topology, update: Update, stopping: Stopping, dtype: str = "float64"
    ) -> None:
        library, precision = engine(), PRECISIONS[dtype]
        self.topology, self.stopping = topology, stopping
        self._net = Net.of(topology)
        self._rule = Rule.of(update, stopping)
        self._call = getattr(library, f"walk_{precision}")
        size = getattr(library, f"workspace_size_{precision}")(self._net)
        memory = np.zeros(size + 128, np.uint8)
        self._workspace = memory[-memory.ctypes.data % 128 :][:size]
        state = self._workspace.view(dtype)
        rows = _rows(topology)
        self._state, self._weights = state, state[: rows.total]
        self._places, self._parts = rows.places, _parts(state, rows)
        self._recent = np.zeros((LANES, 1 if stopping.every else stopping.among), np.int64)
        self._progress = (Progress * LANES)()
        self._frozen = (Progress * LANES)()

    def load(self, lane: int, weights: np.ndarray, young: bool = False) -> None:
        """Start a trial in a lane from (weight,) weights; if young, without its cells."""
        for part in self._parts:
            part[:, lane] = 0.0
        self._weights[self._places[lane]] = weights
        if young:
            self._weights[self._places[lane][self.topology.cell_to_output]] = 0.0
        self._recent[lane] = 0
        self._progress[lane] = Progress(recent=self._recent[lane].ctypes.data, young=young)
        self.seek(lane, self.stopping.marks[0])

    def grow(self, lane: int, weights: np.ndarray) -> None:
        """Add the cells to a young net, with their part of (weight,) weights to the outputs."""
        added = self.topology.cell_to_output
        self._weights[self._places[lane][added]] = weights[added]
        self._progress[lane].young = False

    def copy(self, other: "Lanes") -> None:
        """Take over the weights of all lanes of another of the same topology."""
        self._weights[:] = other._weights

    def seek(self, lane: int, mark: Mark) -> None:
        """Let a lane's trial go on until this mark."""
        progress = self._progress[lane]
        progress.fewer, progress.mean_below = mark.fewer, mark.mean_below
        over = progress.sequences >= self.stopping.cap
        progress.event = EVENTS.index("capped" if over else "none")

    def meets(self, lane: int, mark: Mark) -> bool:
        """Return whether the last training sequences of a lane's trial fulfil a mark."""
        progress, among = self._progress[lane], self.stopping.among
        small = progress.total < mark.mean_below * among * UNIT
        return progress.sequences >= among and progress.wrong < mark.fewer and small

    def weights(self, lane: int) -> np.ndarray:
        """Return a lane's (weight,) float64."""
        return self._weights[self._places[lane]].astype(np.float64)

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
        if learn and self.topology.carry:
            _check_carry(chunks)
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


def _check_carry(chunks: Sequence[Sequences | None]) -> None:
    lengths = {int(n) for chunk in chunks if chunk is not None for n in chunk.lengths}
    if len(lengths) > 1:
        raise ValueError(f"carry: give sequences of one length, not {sorted(lengths)}")


@dataclass(frozen=True)
class _Rows:
    """The engine's padded weights, in numbers of all lanes."""

    places: np.ndarray  # (lane, weight): where the flat weights stand
    common: int  # so many have the lanes side by side; the rest are rows of lanes of their own
    total: int


def _rows(topology: Topology) -> _Rows:
    hidden = np.ones((topology.n_hidden, topology.n_sources + 1), bool)
    hidden[:, -1] = topology.hidden_biased
    n_in, n_out = topology.n_in * topology.input_to_output, topology.n_out
    rows = np.arange(n_out)[:, None]
    cells = hidden.size + np.arange(topology.n_cells) + rows * (topology.n_cells + 1)
    biases = hidden.size + rows * (topology.n_cells + 1) + topology.n_cells
    after = hidden.size + n_out * (topology.n_cells + 1)
    lanes = np.arange(LANES)[:, None, None]
    if topology.symbols:
        common, padded = after, -(-n_out // LANES) * LANES
        direct = after * LANES + (lanes * n_in + np.arange(n_in)) * padded + rows
    else:
        common, padded = after + n_in * n_out, n_out
        direct = (after + np.arange(n_in) * n_out + rows) * LANES + lanes
    cells, biases = (places * LANES + lanes for places in (cells, biases))
    outputs = np.concatenate([cells, direct, biases[..., : topology.bias_outputs]], axis=2)
    inner = np.flatnonzero(hidden) * LANES + lanes[:, 0]
    places = np.hstack([inner, outputs.reshape(LANES, -1)])
    return _Rows(places, common * LANES, (after + n_in * padded) * LANES)


def _parts(state: np.ndarray, rows: _Rows) -> list[np.ndarray]:
    """Return views of the engine's state, (number, lane): a lane has its columns only."""
    weights, change = state[: rows.total], state[rows.total : 2 * rows.total]
    parts = [state[2 * rows.total :].reshape(-1, LANES)]
    for part in (weights, change):
        parts.append(part[: rows.common].reshape(-1, LANES))
        parts.append(part[rows.common :].reshape(LANES, -1).T)
    return parts


def _fill(
    struct: Chunk, chunk: Sequences, topology: Topology
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Point a struct at a chunk's arrays and at new ones for its results; return both."""
    kind = np.int32 if topology.symbols else np.float64
    inputs = np.ascontiguousarray(chunk.inputs, kind)
    lengths = np.ascontiguousarray(chunk.lengths, np.int32)
    times = np.ascontiguousarray(chunk.target_times, np.int32)
    one_hot = chunk.targets.ndim == 2
    targets = np.ascontiguousarray(chunk.targets, np.int32 if one_hot else np.float64)
    count = len(lengths)
    errors, first_wrong = np.empty((3, count)), np.empty(count, np.int32)
    place = errors.ctypes.data
    setattr(struct, "symbols" if topology.symbols else "inputs", inputs.ctypes.data)
    struct.lengths, struct.target_times = lengths.ctypes.data, times.ctypes.data
    setattr(struct, "target_symbols" if one_hot else "targets", targets.ctypes.data)
    struct.max_error, struct.mean_error, struct.mean_square = (
        place + i * errors.strides[0] for i in range(3)
    )
    struct.first_wrong = first_wrong.ctypes.data
    struct.count, struct.time, struct.n_targets = count, inputs.shape[1], times.shape[1]
    return [*errors, first_wrong], [inputs, lengths, times, targets]
