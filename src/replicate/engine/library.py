"""The compiled engine: its structs as in ``c/engine.h``, and the variant that runs here."""

import ctypes
import functools
import os
from pathlib import Path

from replicate.engine import build
from replicate.errors import ReplicateError
from replicate.topology import ACTIVATIONS, RANKS, Stopping, Topology, Update

LANES = 8
EVENTS = ("none", "marked", "capped", "diverged")
PRECISIONS = {"float64": "f64", "float32": "f32"}


def _fields(names: str, kind: type) -> list[tuple[str, type]]:
    return [(name, kind) for name in names.split()]


class Net(ctypes.Structure):
    """A topology as the engine reads it."""

    _fields_ = (
        *_fields("n_in n_out n_blocks block_size", ctypes.c_int32),
        *_fields("input_gate output_gate recurrent input_to_output", ctypes.c_int32),
        *_fields("bias_cells bias_gates bias_outputs", ctypes.c_int32),
        *_fields("g h output output_slope symbols plain carry", ctypes.c_int32),
        ("reset", ctypes.c_double),
    )

    @classmethod
    def of(cls, topology: Topology) -> "Net":
        """Return the struct of a topology; the fields have its names."""
        net = cls()
        for name in (field[0] for field in cls._fields_):
            value = getattr(topology, name)
            setattr(net, name, ACTIVATIONS.index(value) if isinstance(value, str) else value)
        return net


class Rule(ctypes.Structure):
    """How weights change and when a trial pauses."""

    _fields_ = (
        *_fields("learning_rate momentum tolerance", ctypes.c_double),
        ("cap", ctypes.c_int64),
        *_fields("every_step among ranks", ctypes.c_int32),
    )

    @classmethod
    def of(cls, update: Update, stopping: Stopping) -> "Rule":
        """Return the struct of an update rule and a stopping rule."""
        among = 0 if stopping.every else stopping.among
        return cls(
            update.learning_rate, update.momentum, stopping.tolerance, stopping.cap,
            update.every == "step", among, RANKS.index(stopping.ranks),
        )  # fmt: skip


class Progress(ctypes.Structure):
    """What a trial has been through."""

    _fields_ = (
        *_fields("sequences steps total", ctypes.c_int64),
        ("recent", ctypes.c_void_p),
        ("mean_below", ctypes.c_double),
        *_fields("fewer wrong event young", ctypes.c_int32),
    )


class Chunk(ctypes.Structure):
    """A chunk of one trial's sequences and what became of them."""

    _fields_ = (
        *_fields("inputs symbols lengths target_times targets target_symbols", ctypes.c_void_p),
        *_fields("max_error mean_error mean_square first_wrong", ctypes.c_void_p),
        *_fields("count time n_targets done", ctypes.c_int32),
    )


def load(path: Path) -> ctypes.CDLL:
    """Return the library at a path with its functions' types declared."""
    engine = ctypes.CDLL(str(path))
    for precision in PRECISIONS.values():
        size = getattr(engine, f"workspace_size_{precision}")
        size.argtypes, size.restype = [ctypes.POINTER(Net)], ctypes.c_int64
        walk = getattr(engine, f"walk_{precision}")
        walk.argtypes = [
            *(ctypes.POINTER(kind) for kind in (Net, Rule, Progress, Chunk)),
            *(ctypes.c_void_p, ctypes.c_int32),
        ]
        walk.restype = None
        squash = getattr(engine, f"activate_{precision}")
        squash.argtypes = [ctypes.c_int32, *[ctypes.c_void_p] * 3, ctypes.c_int64]
        squash.restype = None
    engine.walk_pair.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_int32] + [ctypes.c_void_p] * 3
    engine.walk_pair.restype = ctypes.c_int32
    u32, i64, f64, where = ctypes.c_uint32, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p
    drawn = [u32, u32, ctypes.c_uint64, i64, u32, i64]
    engine.draw_words.argtypes = [*drawn, where]
    engine.draw_uniform.argtypes = [*drawn, f64, f64, where, i64, i64]
    engine.draw_normal.argtypes = [*drawn, f64, f64, where, i64, i64]
    engine.philox4x32.argtypes = [where, where, where]
    engine.has_avx2.argtypes = []
    engine.has_avx2.restype = ctypes.c_int32
    for name in ("draw_words", "draw_uniform", "draw_normal", "philox4x32"):
        getattr(engine, name).restype = None
    return engine


@functools.cache
def engine() -> ctypes.CDLL:
    """Return the fastest variant that this machine runs (``REPLICATE_ENGINE`` names another).

    Raises ``ReplicateError`` if the engine has not been compiled.
    """
    named = os.environ.get("REPLICATE_ENGINE")
    path = build.library(build.LIBRARIES, named or "baseline")
    if not path.is_file():
        raise ReplicateError(
            f"the engine is not compiled ({path.name} is missing): install the package "
            "(pip install -e .) or run python -m replicate.engine.build"
        )
    found = load(path)
    faster = build.library(build.LIBRARIES, "avx2")
    if not named and faster.is_file() and found.has_avx2():
        found = load(faster)
    return found
