"""The rival from before 1997: a unit that feeds itself, without gates and without a carousel.

Its gradient is complete. Taken forward, step by step, it is what RTRL computes; taken backward
through the sequence, it is BPTT (Hochreiter & Schmidhuber 1997, section 5.2).
"""

import torch
from torch import Tensor

from replicate.cells.squash import SQUASH
from replicate.topology import Topology


def step(topology: Topology, w: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the unit's net input and its activation at t, both (trial, 1).

    ``w``: (trial, 1, source); ``x``: (trial, input) at t; ``y``: (trial, 1) at t-1.
    """
    u = torch.cat([x, y, torch.ones_like(y)], dim=1)
    net = (w @ u[:, :, None])[:, :, 0]
    return net, SQUASH[topology.g](net)
