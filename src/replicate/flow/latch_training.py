"""The latch of ``latch``, trained: how often gradient descent succeeds as the bit gets older.

After the minimal task of Bengio, Simard & Frasconi (1994): the first three inputs say which of
two classes a sequence is of, noise follows, and at the end the sign of the one tanh unit must
tell the class. What is learned is the weight w and, for each class, the three inputs. Sizes of
steps and of starting values are ours.
"""

from dataclasses import dataclass

import numpy as np

from replicate.engine import draws

L = 3
TARGET = 0.8
BATCH = 16
RATE = 0.2
UPDATES = 200
START = 0.1  # deviation of the first values of the inputs that are learned


@dataclass(frozen=True)
class Latches:
    """What became of all runs: (run,) weights, and whether each is right on fresh sequences."""

    w: np.ndarray
    right: np.ndarray


def train(
    w: float, length: int, noise: float, runs: int, seed: int, updates: int = UPDATES
) -> Latches:
    """Train ``runs`` latches from weight w on sequences of ``length`` steps, side by side."""
    weight = np.full(runs, w)
    learned = draws.normal(seed, "weights", 0, runs, 0, 2 * L, 0, START).reshape(runs, 2, L)
    for update in range(updates):
        x = _noise(seed, "training", update, runs, BATCH, length, noise)
        by_weight, by_input = gradients(weight, learned, x)
        weight = weight - RATE * by_weight
        learned = learned - RATE * by_input
    x = _noise(seed, "test", 0, runs, 4 * BATCH, length, noise)
    ends = states(weight, learned, x)[-1]
    return Latches(weight, (np.sign(ends) == np.sign(_targets(x))).all(axis=1))


def by_hand(w: float, drive: float, length: int, noise: float, count: int, seed: int) -> float:
    """Return the share of right answers of a latch of weight w whose inputs are ± drive."""
    x = _noise(seed, "test", 0, 1, count, length, noise)
    learned = np.array([[[-drive] * L, [drive] * L]])
    return float(
        (np.sign(states(np.array([w]), learned, x)[-1]) == np.sign(_targets(x))).mean()
    )


def states(weight: np.ndarray, learned: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return (time + 1, run, sequence) states; even sequences are of class 0, odd of class 1.

    ``weight``: (run,); ``learned``: (run, class, L); ``x``: noise, (time, run, sequence).
    """
    h, over_time = np.zeros(x.shape[1:]), []
    over_time.append(h)
    for t, x_t in enumerate(x):
        given = x_t + (learned[:, _classes(x), t] if t < L else 0)
        h = np.tanh(weight[:, None] * h + given)
        over_time.append(h)
    return np.stack(over_time)


def loss(weight: np.ndarray, learned: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return (run,) mean half squared errors at the end."""
    return ((states(weight, learned, x)[-1] - _targets(x)) ** 2).mean(axis=1) / 2


def gradients(
    weight: np.ndarray, learned: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivatives of ``loss``, (run,) and (run, class, L), back through time."""
    h = states(weight, learned, x)
    by_weight, by_input = np.zeros_like(weight), np.zeros_like(learned)
    error = (h[-1] - _targets(x)) / x.shape[2]
    for t in range(len(x) - 1, -1, -1):
        error = error * (1 - h[t + 1] ** 2)
        by_weight += (error * h[t]).sum(axis=1)
        if t < L:
            by_input[:, :, t] = np.stack([error[:, c::2].sum(axis=1) for c in (0, 1)], axis=1)
        error = error * weight[:, None]
    return by_weight, by_input


def _classes(x: np.ndarray) -> np.ndarray:
    return np.arange(x.shape[2]) % 2


def _targets(x: np.ndarray) -> np.ndarray:
    return np.where(_classes(x) == 0, -TARGET, TARGET)


def _noise(
    seed: int, stream: str, update: int, runs: int, batch: int, length: int, deviation: float
) -> np.ndarray:
    """Return (time, run, sequence) noise, the same for the first steps of any length."""
    drawn = draws.normal(seed, stream, update * length, length, 0, runs * batch, 0, deviation)
    return drawn.reshape(length, runs, batch)
