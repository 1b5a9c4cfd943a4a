"""What the chapter on the LSTM unit draws: descent, errors on their way back, conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from replicate import intervals
from replicate.cells import by_hand, variants
from replicate.engine import draws
from replicate.figures.charts import Band
from replicate.figures.lines import Panel
from replicate.tasks.puzzle import Puzzle
from replicate.training import together


def latch_error(w: torch.Tensor, gap: int) -> torch.Tensor:
    """Return the cross-entropy of the latch set by hand if it feeds itself with w."""
    shape, weights = by_hand.latch()
    at = weights.new_zeros(weights.shape[1])
    at[shape.n_in] = 1.0  # where its own weight stands
    setting = Puzzle(cell="rnn", n_blocks=1, gap=gap, vary=0)
    x, times, d = together.batch([setting.sequences(0, "test", 0, 4)], weights)
    _, loss = together.errors(setting, weights + (w - 2.0) * at, x, times, d)
    return loss


def descent(gap: int, start: float, rate: float, steps: int) -> dict[str, Panel]:
    """Return the error of a latch against its weight, and the way of gradient descent."""
    w, way = torch.tensor(start, dtype=torch.float64), []
    for _ in range(steps + 1):
        at = w.clone().requires_grad_()
        loss = latch_error(at, gap)
        way.append((float(w), float(loss.detach())))
        (gradient,) = torch.autograd.grad(loss, at)
        w = w - rate * gradient
    xs = np.linspace(start - 0.1, max(x for x, _ in way) + 0.1, 60)
    curve = [float(latch_error(torch.tensor(x), gap)) for x in xs]
    points = {"a step each": ([x for x, _ in way], [e for _, e in way])}
    return {"Gradient descent": Panel("E", {"E": (xs, np.array(curve))}, points=points)}


def flow_back(setting: Puzzle, weights: np.ndarray) -> np.ndarray:
    """Return (net, age) size of the error at each state, age 0, 1, …, of nets (net, weight)."""
    w = torch.as_tensor(weights)
    one = replace(setting, vary=0).sequences(0, "test", 0, 8)
    x, _, d = together.batch([one] * len(w), w)
    shape = setting.shape()
    nudges = w.new_zeros(*x.shape[:3], shape.n_cells).requires_grad_()
    logits = variants.forward(shape, w, x, nudges).logits[-1]
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), d[:, :, -1].flatten(0, 1), reduction="sum"
    )
    (error,) = torch.autograd.grad(loss, nudges)
    return error.norm(dim=3).mean(dim=2).T.flip(1).numpy()


def left(setting: Puzzle, n_nets: int) -> np.ndarray:
    """Return (net, age) ln of errors over the one at age 1, of nets before training."""
    first = np.stack([setting.initial_weights(seed) for seed in range(n_nets)])
    error = flow_back(setting, first)[:, 1:]  # the last state's may pass the output only
    return np.asarray(np.log(error / error[:, :1]))


def flows(settings: Mapping[str, Puzzle], n_nets: int) -> dict[str, Panel]:
    """Return ln of errors by age over the newest, before training: median and eight of ten."""
    lines = {}
    for name, setting in settings.items():
        low, middle, high = np.quantile(left(setting, n_nets), [0.1, 0.5, 0.9], axis=0)
        lines[name] = Band(np.arange(1, len(middle) + 1), middle, low, high)
    return {f"{n_nets} nets before training": Panel("ln of the error", lines)}


def success(solved: Mapping[str, Mapping[int, tuple[int, int]]]) -> dict[str, Panel]:
    """Return shares of trials solved with 95 % intervals, by cell and gap: solved and all."""
    lines = {}
    for name, by_gap in solved.items():
        gaps = sorted(by_gap)
        shares = np.array([by_gap[gap][0] / by_gap[gap][1] for gap in gaps])
        low, high = np.array([intervals.wilson(*by_gap[gap]) for gap in gaps]).T
        lines[name] = Band(np.array(gaps), shares, low, high)
    return {"Trials that learned the puzzle": Panel("share solved", lines)}


def write_conflict(letters: Sequence[float], w: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return what each step asks of the one weight into a bare cell, and into a gated one.

    The cell is s(t) = s(t-1) + w x(t) and should hold the first letter in the end. What is
    asked is the step's part of -dE/dw, E half the squared error. The gate shuts after step 1.
    """
    x = np.asarray(letters, float)
    let_in = x * np.eye(len(x))[0]
    return (x[0] - w * x.sum()) * x, (x[0] - w * let_in.sum()) * let_in


def read_conflict(steps: int, v: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Return what each step asks of the one weight out of a cell that holds 1, bare and gated.

    The output v s(t) is to be 0 while others have the word, and 1 at the last step; the gate
    opens there.
    """
    target = np.eye(steps)[-1]
    return target - v, target * (target - v)


def conflicts(letters: Sequence[float], steps: int) -> dict[str, Panel]:
    """Return both conflicts: parts of -dE/dw by step, without a gate and with one."""
    panels = {}
    for title, (bare, gated) in (
        ("Writing: the weight into the cell", write_conflict(letters)),
        ("Reading: the weight out of the cell", read_conflict(steps)),
    ):
        t = np.arange(1, len(bare) + 1)
        points = {"no gate": (t, bare), "with a gate": (t, gated)}
        panels[title] = Panel("asked of w", {}, {"leave it": 0.0}, points=points)
    return panels


def long_streams(setting: Puzzle, weights: np.ndarray, n_puzzles: int) -> np.ndarray:
    """Return (net,) share of right answers on one long stream, of nets (net, weight)."""
    shown = replace(setting, n_puzzles=n_puzzles).sequences(0, "test", 0, 4)
    right = by_hand.answers(setting.shape(), torch.as_tensor(weights), shown)
    return np.asarray(right.mean(axis=(1, 2)))


def distractors(n: int, seed: int) -> list[float]:
    """Return letters as 1 and -1, the first being the one to keep."""
    return [
        1.0 if u else -1.0 for u in draws.below(draws.words(seed, "test", 0, 1, 0, n)[0], 2)
    ]
