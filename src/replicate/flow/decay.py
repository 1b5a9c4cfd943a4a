"""How fast error flow grows or shrinks in random nets, in sums of logarithms.

A product of a hundred Jacobians leaves the range of floating point. So it is scaled to size 1
after each step, and the logarithms of the scales are summed: nothing under- or overflows.
"""

from collections.abc import Callable, Iterable

import numpy as np

from replicate.engine import draws
from replicate.flow.paths import run
from replicate.flow.units import SLOPE

SIZES: dict[str, Callable[[np.ndarray], float]] = {
    "frobenius": lambda m: float(np.linalg.norm(m)),
    "spectral": lambda m: float(np.linalg.norm(m, 2)),
    "entry": lambda m: float(np.abs(m).max()),
}
BURN_IN = 100
"""Steps that a net runs before its errors are followed."""


def weights(n: int, gain: float, seed: int) -> np.ndarray:
    """Return (n, n) normal weights of deviation gain / √n; for large n, ρ is about gain."""
    return draws.normal(seed, "weights", 0, n, 0, n, 0.0, gain / np.sqrt(n))


def log_sizes(factors: Iterable[np.ndarray], size: str = "frobenius") -> np.ndarray:
    """Return (q,) logarithms of the size of F_1, F_1 F_2, F_1 F_2 F_3, and so on.

    ``size``: ``frobenius``, ``spectral`` (the largest singular value) or ``entry`` (the largest
    absolute value); −∞ from where a product is 0.
    """
    measure = SIZES[size]
    product, scale, logs = None, 0.0, []
    for factor in factors:
        product = factor if product is None else product @ factor
        largest = np.abs(product).max()
        if largest == 0:
            logs.append(-np.inf)
            continue
        product = product / largest
        scale += np.log(largest)
        logs.append(scale + np.log(measure(product)))
    return np.array(logs)


def followed(w: np.ndarray, unit: str, steps: int, seed: int) -> np.ndarray:
    """Return net inputs (steps + 1, n) of a net left to itself, after the burn-in.

    It starts from normal net inputs. A linear net needs none: its slopes are all 1.
    """
    z = draws.normal(seed, "training", 0, 1, 0, len(w))[0]
    if unit == "linear":
        return np.broadcast_to(z, (steps + 1, len(w)))
    return run(w, unit, z, BURN_IN + steps)[BURN_IN:]


def state_flow(w: np.ndarray, unit: str, z: np.ndarray, size: str = "frobenius") -> np.ndarray:
    """Return (q,) logarithms of the size of dy(t)/dy(t-q), from q = 1 on.

    dy(t)/dy(t-q) = D(t) w D(t-1) w … D(t-q+1) w, with D(t) the diagonal of f'(z(t)); the net
    inputs z are (q + 1, unit), t the last of them.
    """
    return log_sizes((slope[:, None] * w for slope in SLOPE[unit](z[:0:-1])), size)


def largest_factor(w: np.ndarray, unit: str, z: np.ndarray) -> np.ndarray:
    """Return (q,) logarithms of the largest |A_vu(q)| of ``paths``, for z as ``state_flow``."""
    return log_sizes((w * slope for slope in SLOPE[unit](z[-2::-1])), "entry")


def rate(logs: np.ndarray, first: int = 10, last: int = 60) -> float:
    """Return the slope per step of the line fitted to logs[q - 1], q from first to last."""
    q = np.arange(first, min(last, len(logs)) + 1)
    return float(np.polyfit(q, logs[q - 1], 1)[0])


def radius(w: np.ndarray) -> float:
    """Return ρ, the largest absolute eigenvalue."""
    return float(np.abs(np.linalg.eigvals(w)).max())


def largest_singular(w: np.ndarray) -> float:
    """Return σ₁, the largest singular value."""
    return float(np.linalg.norm(w, 2))
