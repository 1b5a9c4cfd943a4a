"""What is known of the error flow without running the net: bounds of 1997 and 2013."""

import numpy as np
from scipy.optimize import brentq

from replicate.flow.decay import largest_singular
from replicate.flow.units import SLOPE, STEEPEST


def factor(w: np.ndarray, y: float, unit: str) -> np.ndarray:
    """Return |w f'(w y)|: what a step back does through a weight w that carries y."""
    return np.abs(w * SLOPE[unit](w * y))


def peak(unit: str) -> tuple[float, float]:
    """Return (z*, m): |w f'(w y)| is at most m / |y|, at w = z* / |y|.

    z* = coth(z*/2) for the logistic unit (section 3.1 of 1997), 2 z* tanh z* = 1 for tanh.
    """
    if unit == "logistic":
        z = brentq(lambda x: x * np.tanh(x / 2) - 1, 1, 2, xtol=1e-15)
    else:
        z = brentq(lambda x: 2 * x * np.tanh(x) - 1, 0.1, 2, xtol=1e-15)
    return float(z), float(z * SLOPE[unit](np.array(z)))


def spectral(w: np.ndarray, unit: str, q: np.ndarray) -> np.ndarray:
    """Return the logarithm of (γ σ₁)^q, Pascanu et al. (2013), for each q."""
    return q * np.log(STEEPEST[unit] * largest_singular(w))


def row_sums(w: np.ndarray, unit: str, q: np.ndarray) -> np.ndarray:
    """Return the logarithm of n (f'max ‖w‖)^q, ‖w‖ the largest row sum of |w| (1997)."""
    return np.log(len(w)) + q * np.log(STEEPEST[unit] * np.abs(w).sum(axis=1).max())


def largest_weight(w: np.ndarray, unit: str, q: np.ndarray) -> np.ndarray:
    """Return the logarithm of n τ^q, τ = f'max n w_max (1997, there with f'max = 1/4)."""
    return np.log(len(w)) + q * np.log(STEEPEST[unit] * len(w) * np.abs(w).max())
