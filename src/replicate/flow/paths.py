"""How much of an error at one unit reaches another q steps earlier: four ways to compute it.

Hochreiter (1991); section 3.1 of Hochreiter & Schmidhuber (1997). ``w[i, j]`` is the weight
from unit j to unit i, z(t) = w y(t-1) the net input, y(t) = f(z(t)), and the error of a unit is
the derivative with respect to its net input. All results are A_vu(q), the factor with which the
error of u at t arrives at v at t - q, as entry ``[v, u]``. ``slopes[m - 1]`` holds
f'(z(t - m)), so slopes are (q, unit).
"""

import itertools
import math

import numpy as np

from replicate.flow.units import ACTIVATION, SLOPE


def run(w: np.ndarray, unit: str, z: np.ndarray, steps: int) -> np.ndarray:
    """Return the net inputs (steps + 1, unit) of a net left to itself, beginning with z."""
    over_time = [z]
    for _ in range(steps):
        over_time.append(w @ ACTIVATION[unit](over_time[-1]))
    return np.stack(over_time)


def slopes_back(z: np.ndarray, unit: str) -> np.ndarray:
    """Return (q, unit) slopes met on the way back from the last of (q + 1, unit) net inputs."""
    return SLOPE[unit](z[-2::-1])


def recursion(w: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return A(q), (unit, unit), one step back at a time.

    A_vu(1) = f'_v(t-1) w_uv, and A_vu(q) = f'_v(t-q) Σ_l A_lu(q-1) w_lv.
    """
    flow = np.eye(len(w))
    for slope in slopes:
        flow = slope[:, None] * (w.T @ flow)
    return flow


def path_sum(w: np.ndarray, slopes: np.ndarray, *, as_printed: bool = False) -> np.ndarray:
    """Return A(q), (unit, unit), as the sum over all n^(q-1) paths from u to v.

    ``as_printed``: with the indices of the weight as in the paper of 1997, which are exchanged.
    """
    units, q = range(len(w)), len(slopes)
    total = np.zeros_like(w)
    for path in itertools.product(units, repeat=q + 1):  # l_0 = u, ..., l_q = v
        pairs = enumerate(itertools.pairwise(path))
        if as_printed:
            terms = (slopes[m, now] * w[now, before] for m, (before, now) in pairs)
        else:
            terms = (slopes[m, now] * w[before, now] for m, (before, now) in pairs)
        total[path[-1], path[0]] += math.prod(terms)
    return total


def autograd(w: np.ndarray, unit: str, z: np.ndarray, q: int) -> np.ndarray:
    """Return A(q), (unit, unit), as torch derives it: dz_u(t) / dz_v(t-q) from z = z(t-q)."""
    import torch

    f = {"linear": lambda x: x, "tanh": torch.tanh, "logistic": torch.sigmoid}[unit]
    weights = torch.as_tensor(w)

    def last(first: torch.Tensor) -> torch.Tensor:
        for _ in range(q):
            first = weights @ f(first)
        return first

    jacobian = torch.autograd.functional.jacobian(last, torch.as_tensor(z))
    return jacobian.numpy().T
