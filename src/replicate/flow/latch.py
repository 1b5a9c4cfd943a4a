"""One tanh unit that remembers one bit: h(t) = tanh(w h(t-1) + x(t)).

Bengio, Simard & Frasconi (1994): what holds a bit safely makes gradients vanish. For w > 1 the
unit without input rests at h* or at -h*; the sign is the bit.
"""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit


def rest(w: float) -> float:
    """Return h* > 0 with h* = tanh(w h*); 0 for w ≤ 1, where no bit is held."""
    if w <= 1:
        return 0.0
    return float(brentq(lambda h: np.tanh(w * h) - h, np.sqrt(1 - 1 / w) / 2, 1, xtol=1e-15))


def factor(w: float) -> float:
    """Return w (1 - h*²), by which an error shrinks in each step at rest; below 1 for w > 1."""
    return float(w / np.cosh(w * rest(w)) ** 2)


def threshold(w: float) -> float:
    """Return the input that, kept up, just turns the bit: w r - artanh r, r = √(1 - 1/w).

    While every |x(t)| stays below it the bit is kept for ever (0 for w ≤ 1).
    """
    if w <= 1:
        return 0.0
    r = np.sqrt(1 - 1 / w)
    return float(w * r - np.arctanh(r))


def logistic_factor(w: float) -> float:
    """Return the same for h = σ(w h - w/2) at rest; 1/4 of the weight has its effect."""
    if w <= 4:
        return w / 4
    h = brentq(
        lambda h: expit(w * (h - 0.5)) - h, 0.5 + np.sqrt(0.25 - 1 / w) / 2, 1, xtol=1e-15
    )
    return float(w * expit(w * (h - 0.5)) * expit(-w * (h - 0.5)))


def hold(w: float, x: np.ndarray, h: float) -> np.ndarray:
    """Return (time, …) states under inputs x (time, …), from h before the first."""
    state, over_time = np.full(x.shape[1:], h), []
    for x_t in x:
        state = np.tanh(w * state + x_t)
        over_time.append(state)
    return np.stack(over_time)


def flow(w: float, states: np.ndarray) -> np.ndarray:
    """Return ln |dh(q)/dh(0)|, q = 1, 2, …, along (time, …) states of ``hold``."""
    slopes = w * (1 - states) * (1 + states)
    with np.errstate(divide="ignore"):
        return np.cumsum(np.log(np.abs(slopes)), axis=0)
