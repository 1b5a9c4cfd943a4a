"""One logistic unit at a cliff: x(t) = w σ(x(t-1)) + b, x(0) = 1/2.

Pascanu, Mikolov & Bengio (2013), figures 3 and 6: as b moves, states at rest appear and vanish
(Doya 1993), and the error E = (σ(x(50)) - 0.7)² has a wall there.
"""

import numpy as np
from scipy.special import expit, logit

STEPS = 50
TARGET = 0.7


def run(w: np.ndarray, b: np.ndarray, steps: int = STEPS) -> tuple[np.ndarray, ...]:
    """Return x(steps), dx/dw and dx/db there, each of the shape of w and b together."""
    x = np.full(np.broadcast(w, b).shape, 0.5)
    by_w, by_b = np.zeros_like(x), np.zeros_like(x)
    for _ in range(steps):
        y = expit(x)
        slope = w * y * expit(-x)
        x, by_w, by_b = w * y + b, y + slope * by_w, 1 + slope * by_b
    return x, by_w, by_b


def error(w: np.ndarray, b: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Return E for each w and b."""
    return (expit(run(w, b, steps)[0]) - TARGET) ** 2


def gradient(w: np.ndarray, b: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Return (2, …): dE/dw and dE/db."""
    x, by_w, by_b = run(w, b, steps)
    y = expit(x)
    return 2 * (y - TARGET) * y * expit(-x) * np.stack([by_w, by_b])


def descend(
    start: tuple[float, float], rate: float, updates: int, clip: float | None = None
) -> np.ndarray:
    """Return (updates + 1, 2) the way of (w, b) down the gradient, clipped to a norm."""
    way = [np.array(start)]
    for _ in range(updates):
        step = gradient(*way[-1])
        norm = np.linalg.norm(step)
        if clip is not None and norm > clip:
            step = step * (clip / norm)
        way.append(way[-1] - rate * step)
    return np.stack(way)


def wall(w: float) -> float:
    """Return the b for which x = 1/2 is at rest; if w σ'(1/2) > 1 there is a wall."""
    return float(at_rest(w, np.array(0.5)))


def at_rest(w: float, x: np.ndarray) -> np.ndarray:
    """Return the b for which the unit rests at x, and stays there if w σ'(x) < 1."""
    return x - w * expit(x)


def folds(w: float) -> tuple[tuple[float, float], ...]:
    """Return (x, b) of the two folds, where w σ'(x) = 1; none for w < 4."""
    if w < 4:
        return ()
    half = np.sqrt(0.25 - 1 / w)
    places = logit(np.array([0.5 - half, 0.5 + half]))
    return tuple((float(x), float(at_rest(w, x))) for x in places)
