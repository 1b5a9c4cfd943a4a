"""Activations and their slopes, in float64."""

from collections.abc import Callable

import numpy as np
from scipy.special import expit

Curve = Callable[[np.ndarray], np.ndarray]


def _logistic_slope(z: np.ndarray) -> np.ndarray:
    return expit(z) * expit(-z)  # 1 - expit(z) would lose all digits for large z


def _tanh_slope(z: np.ndarray) -> np.ndarray:
    return 4 * _logistic_slope(2 * z)


ACTIVATION: dict[str, Curve] = {"linear": lambda z: z, "tanh": np.tanh, "logistic": expit}
SLOPE: dict[str, Curve] = {
    "linear": np.ones_like,
    "tanh": _tanh_slope,
    "logistic": _logistic_slope,
}
STEEPEST = {"linear": 1.0, "tanh": 1.0, "logistic": 0.25}
"""The largest slope of each: γ of Pascanu et al. (2013), f'max of Hochreiter (1991)."""
