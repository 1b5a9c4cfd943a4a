"""The WebAssembly engine behind the face of the shared library, so that ``lanes`` drives both.

Each call copies what its pointers point to into the module's own memory and the results back.
"""

import ctypes
import functools
import struct
from pathlib import Path

import wasmtime

CHUNK = struct.Struct("<10I4i")  # struct chunk and struct progress where a pointer has 32 bits
PROGRESS = struct.Struct("<3qI4xd4i")
INTEGERS = {"i32": ctypes.c_int32, "i64": ctypes.c_int64}


class WasmEngine:
    """The functions that ``lanes`` and ``draws`` call, by their names."""

    def __init__(self, path: Path) -> None:
        self._store = wasmtime.Store()
        self.module = wasmtime.Module.from_file(self._store.engine, str(path))
        self._exports = wasmtime.Instance(self._store, self.module, []).exports(self._store)
        self._memory = self._exports["memory"]
        self._free = 0
        self._back: list[tuple[int, int, int]] = []  # where, to which address, how many bytes
        for precision in ("f64", "f32"):
            setattr(self, f"walk_{precision}", functools.partial(self._walk, precision))
            size = functools.partial(self._workspace_size, precision)
            setattr(self, f"workspace_size_{precision}", size)
        for name in ("draw_uniform", "draw_normal"):
            setattr(self, name, functools.partial(self._draw, name))

    def draw_words(self, seed, stream, first, count, start, n, out):
        self._begin()
        place = self._shared(out, 4 * count * n)
        self._call("draw_words", seed, stream, first, count, start, n, place)
        self._give_back()

    def _draw(self, name, seed, stream, first, count, start, n, a, b, out, row, column):
        self._begin()
        place = self._shared(out, 8 * (1 + (count - 1) * row + (n - 1) * column))
        self._call(name, seed, stream, first, count, start, n, a, b, place, row, column)
        self._give_back()

    def _workspace_size(self, precision, net):
        self._begin()
        return self._call(f"workspace_size_{precision}", self._copy(bytes(net)))

    def _walk(self, precision, net, rule, progress, chunks, workspace, learn):
        size = self._workspace_size(precision, net)
        self._begin()
        place = self._shared(workspace, size)
        trials = self._copy(b"".join(self._progress(p, rule) for p in progress))
        pieces = self._copy(b"".join(self._chunk(c, net) for c in chunks))
        rules = self._copy(bytes(net)), self._copy(bytes(rule))
        self._call(f"walk_{precision}", *rules, trials, pieces, place, learn)
        for lane, (trial, chunk) in enumerate(zip(progress, chunks, strict=True)):
            found = PROGRESS.unpack(self._read(trials + lane * PROGRESS.size, PROGRESS.size))
            trial.sequences, trial.steps, trial.total, _, *rest = found
            _, trial.fewer, trial.wrong, trial.event, trial.young = rest
            chunk.done = CHUNK.unpack(self._read(pieces + lane * CHUNK.size, CHUNK.size))[-1]
        self._give_back()

    def _progress(self, p, rule):
        recent = self._shared(p.recent, 8 * rule.among)
        state = p.mean_below, p.fewer, p.wrong, p.event, p.young
        return PROGRESS.pack(p.sequences, p.steps, p.total, recent, *state)

    def _chunk(self, c, net):
        steps, targets = c.count * c.time, c.count * c.n_targets
        places = [
            self._shared(c.inputs, 8 * steps * net.n_in),
            self._shared(c.symbols, 4 * steps),
            self._shared(c.lengths, 4 * c.count),
            self._shared(c.target_times, 4 * targets),
            self._shared(c.targets, 8 * targets * net.n_out),
            self._shared(c.target_symbols, 4 * targets),
            *(self._shared(p, 8 * c.count) for p in (c.max_error, c.mean_error, c.mean_square)),
            self._shared(c.first_wrong, 4 * c.count),
        ]
        return CHUNK.pack(*places, c.count, c.time, c.n_targets, c.done)

    def _begin(self):
        self._free = self._exports["__heap_base"].value(self._store)
        self._back = []

    def _shared(self, address, size):
        """Copy native memory in, to be copied back when the call is done; NULL stays NULL."""
        if not address:
            return 0
        place = self._copy(ctypes.string_at(address, size))
        self._back.append((place, address, size))
        return place

    def _copy(self, data):
        place = -(-self._free // 128) * 128
        self._free = place + len(data)
        missing = self._free - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // 65536))
        self._memory.write(self._store, data, place)
        return place

    def _read(self, place, size):
        return bytes(self._memory.read(self._store, place, place + size))

    def _give_back(self):
        for place, address, size in self._back:
            ctypes.memmove(address, self._read(place, size), size)

    def _call(self, name, *values):
        function = self._exports[name]
        kinds = [str(kind) for kind in function.type(self._store).params]
        fitting = [
            INTEGERS[kind](value).value if kind in INTEGERS else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        return function(self._store, *fitting)
