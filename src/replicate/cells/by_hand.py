"""Weights set by hand that solve the puzzle of ``replicate.tasks.puzzle`` at any gap.

All three nets have one cell, whose state is above 0 after an A and below 0 after a B.
"""

import numpy as np
import torch

from replicate.cells import variants
from replicate.cells.shape import Shape
from replicate.tasks.puzzle import SYMBOLS
from replicate.topology import Sequences

LETTER, SURE = 5.0, 20.0
"""How strongly a letter writes, and how far a gate is driven open or shut."""
READ = [[SURE, 0.0], [-SURE, 0.0], [0.0, -SURE]]
"""A and B are read off the cell with opposite signs; X is never expected."""


def latch(w: float = 2.0) -> tuple[Shape, torch.Tensor]:
    """Return a tanh unit that feeds itself with w > 1: pushed to one side, it stays there."""
    return _net("rnn", z=[LETTER, -LETTER, 0.0, w, 0.0])


def carousel() -> tuple[Shape, torch.Tensor]:
    """Return a cell of 1997: its input gate opens for letters only, its state is only added to.

    In a stream of puzzles the sums of letters go astray: nothing can be taken back.
    """
    gate = [2 * SURE, 2 * SURE, 0.0, 0.0, -SURE]
    return _net("lstm97", z=[LETTER, -LETTER, 0.0, 0.0, 0.0], i=gate, o=[0.0] * 4 + [SURE])


def forgetting() -> tuple[Shape, torch.Tensor]:
    """Return the same with a forget gate that shuts when a letter comes."""
    opened, shut = [2 * SURE, 2 * SURE, 0.0, 0.0, -SURE], [-2 * SURE] * 2 + [0.0, 0.0, SURE]
    z = [LETTER, -LETTER, 0.0, 0.0, 0.0]
    return _net("lstm2000", z=z, i=opened, f=shut, o=[0.0] * 4 + [SURE])


def _net(cell: str, **rows: list[float]) -> tuple[Shape, torch.Tensor]:
    """Return a net of one cell; a row has the weights from A, B, X, the cell and the bias."""
    shape = Shape(cell, len(SYMBOLS), len(SYMBOLS), 1)
    flat = [weight for name in shape.rows for weight in rows[name]]
    return shape, torch.tensor([*flat, *np.ravel(READ)], dtype=torch.float64)[None]


def answers(shape: Shape, weights: torch.Tensor, shown: Sequences) -> np.ndarray:
    """Return which answers of nets, (net, weight), are right: (net, sequence, target) bool."""
    x = torch.nn.functional.one_hot(
        torch.as_tensor(shown.inputs, dtype=torch.int64), shape.n_in
    )
    x = x.transpose(0, 1)[:, None].expand(-1, len(weights), -1, -1).to(weights)
    with torch.no_grad():
        logits = variants.forward(shape, weights, x).logits
    times = torch.as_tensor(shown.target_times, dtype=torch.int64)
    sequence = torch.arange(len(times))[:, None]
    said = logits.transpose(0, 1)[:, times, sequence].argmax(-1).numpy()
    return np.asarray(said == shown.targets.argmax(-1))
