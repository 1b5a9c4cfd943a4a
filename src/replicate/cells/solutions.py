"""Which of the two solutions of section 5.6 a net is: what makes the first symbol count.

What a cell adds at the second symbol is ``y_in g``. After different first symbols it differs
because the input gate does, or because the cell input does; the larger part names the solution
(Hochreiter & Schmidhuber 1997, Experiment 6).
"""

from dataclasses import dataclass

import numpy as np
import torch

from replicate.cells import lstm97
from replicate.cells.squash import SQUASH
from replicate.topology import Sequences, Topology

KINDS = ("input gate", "cell input")
ENOUGH = 0.99


@dataclass(frozen=True)
class Solution:
    """What a net does with the second symbol."""

    kind: str  # of KINDS
    block: int  # the one to which the second symbol adds most
    parts: tuple[float, float]  # by how much the gate, and the cell input, change what is added
    one_block: bool  # that block alone names the right class in 99 of 100 sequences


def solution(
    topology: Topology,
    weights: np.ndarray,
    shown: Sequences,
    when: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> Solution:
    """Return what a net, (weight,), does.

    ``when``: (sequence,) time step of the second symbol; ``first``, ``second``: (sequence,)
    which symbols, 0 or 1. Each target names a class: one output is 1.
    """
    n, size = len(shown.lengths), topology.block_size
    w = torch.as_tensor(weights, dtype=torch.float64).expand(n, -1)
    inputs = torch.as_tensor(shown.inputs).transpose(0, 1)
    with torch.no_grad():
        seen = lstm97.forward(topology, w, inputs)
        net_c = seen.net[torch.as_tensor(when), torch.arange(n), : topology.n_cells]
        g = SQUASH[topology.g](net_c).numpy().reshape(n, topology.n_blocks, size)
    y_in = seen.y_in[torch.as_tensor(when), torch.arange(n)].numpy()[:, :, None]
    block = int(np.abs(y_in * g).mean(axis=(0, 2)).argmax())
    gate = cell = 0.0
    for symbol in (0, 1):
        after = [(first == before) & (second == symbol) for before in (0, 1)]
        gate0, gate1 = (y_in[of, block].mean(axis=0) for of in after)
        g0, g1 = (g[of, block].mean(axis=0) for of in after)
        gate += float(np.abs((gate1 - gate0) * (g0 + g1) / 2).sum())
        cell += float(np.abs((gate0 + gate1) / 2 * (g1 - g0)).sum())
    kind = KINDS[int(cell > gate)]
    return Solution(kind, block, (gate, cell), _alone(topology, w, seen.y_c, shown, block))


def _alone(
    topology: Topology, w: torch.Tensor, y_c: torch.Tensor, shown: Sequences, block: int
) -> bool:
    """Return whether outputs name the class if other blocks always say their mean."""
    n = len(shown.lengths)
    ends = y_c[torch.as_tensor(shown.lengths - 1, dtype=torch.int64), torch.arange(n)]
    kept = torch.zeros(topology.n_cells, dtype=torch.bool)
    kept[block * topology.block_size : (block + 1) * topology.block_size] = True
    ends = torch.where(kept, ends, ends.mean(dim=0))
    _, w_k = lstm97.matrices(topology, w)
    x = lstm97.dense(topology, torch.as_tensor(shown.inputs[:, 0]), w)
    _, y_k = lstm97.output(topology, w_k, x, ends)
    right = y_k.numpy().argmax(axis=1) == shown.wanted[:, 0].argmax(axis=1)
    return bool(right.mean() >= ENOUGH)
