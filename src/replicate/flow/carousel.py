"""The constant error carousel: what a memory cell does to errors, and what a forget gate adds.

In a cell of 1997, s(t) = s(t-1) + …, truncated back-propagation multiplies an error by exactly
1 in each step. A forget gate that stands at φ = σ(bias) makes that φ (Gers et al. 2000). The
whole gradient has further paths, through the gates and the cells' outputs.
"""

import numpy as np
import torch

from replicate.cells import lstm97
from replicate.topology import Topology


def log_gate(bias: float) -> float:
    """Return ln σ(bias), which for a large bias keeps all its digits."""
    return float(-np.logaddexp(0, -bias))


def half_life(bias: float) -> float:
    """Return after how many steps a gate that stands at σ(bias) has halved an error."""
    return float(np.log(0.5) / log_gate(bias))


def cell_flow(
    topology: Topology, weights: np.ndarray, inputs: np.ndarray, truncated: bool
) -> np.ndarray:
    """Return (q,) size of ds(T)/ds(T-q), q = 1, 2, …, as root mean square singular value.

    ``weights``: (weight,); ``inputs``: (T, input). A state is nudged as step T - q hands it on;
    with the truncated gradient the result is 1.
    """
    w, _ = lstm97.matrices(topology, torch.as_tensor(weights)[None])
    x = torch.as_tensor(inputs)[:, None]
    s, y = lstm97.start(topology, torch.as_tensor(weights)[None])
    nudges = []
    for x_t in x:
        nudges.append(torch.zeros_like(s, requires_grad=True))
        _, s, y = lstm97.step(topology, w, x_t, s + nudges[-1], y, truncated)
    rows = [torch.autograd.grad(cell, nudges, retain_graph=True) for cell in s[0]]
    jacobian = torch.stack([torch.stack(row)[:, 0] for row in rows], dim=1)  # (T, cell, cell)
    size = torch.linalg.matrix_norm(jacobian) / np.sqrt(topology.n_cells)
    return size.flip(0).numpy()
