"""Random draws of trials: Philox4x32-10 words, uniforms and normals, the same on any machine.

A draw is found by (seed, stream, sequence, draw): nothing depends on how many are drawn at once
or in which order (J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011).
"""

from typing import Any

import numpy as np

from replicate.engine.library import engine

STREAMS = {
    "weights": 0, "training": 1, "test": 2, "check": 3, "set": 4, "guess": 5, "sample": 6,
}  # fmt: skip


def words(seed: int, stream: str, first: int, count: int, start: int, n: int) -> np.ndarray:
    """Return (count, n) uint32: draws ``start …`` of sequences ``first …`` of a stream."""
    out = np.empty((count, n), np.uint32)
    engine().draw_words(seed, STREAMS[stream], first, count, start, n, out.ctypes.data)
    return out


def uniform(
    seed: int, stream: str, first: int, count: int, start: int, n: int,
    low: float = 0.0, high: float = 1.0, out: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return (count, n) float64 uniform in (low, high), on a grid of 2^-32 of the range."""
    return _fill(engine().draw_uniform, (seed, stream, first, count, start, n), low, high, out)


def normal(
    seed: int, stream: str, first: int, count: int, start: int, n: int,
    mean: float = 0.0, deviation: float = 1.0, out: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return (count, n) float64 normal, by inversion (M. Wichura, algorithm AS 241, 1988)."""
    wanted = (seed, stream, first, count, start, n)
    return _fill(engine().draw_normal, wanted, mean, deviation, out)


def below(drawn: np.ndarray, n: int) -> np.ndarray:
    """Return int64 in 0 … n - 1 from words; n is at most 2^31, the bias n / 2^32."""
    return ((drawn.astype(np.uint64) * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


def _fill(
    draw: Any, wanted: tuple[int, str, int, int, int, int], a: float, b: float,
    out: np.ndarray | None,
) -> np.ndarray:  # fmt: skip
    seed, stream, first, count, start, n = wanted
    if out is None:
        out = np.empty((count, n))
    if out.shape != (count, n) or out.dtype != np.float64:
        raise ValueError(f"out is {out.dtype} {out.shape}: give float64 {(count, n)}")
    row, column = (stride // out.itemsize for stride in out.strides)
    draw(seed, STREAMS[stream], first, count, start, n, a, b, out.ctypes.data, row, column)
    return out
