"""Errors by their age, before and after training: a tanh net beside an LSTM.

The task is the smallest with a gap: the first symbol is 1 or -1, noise follows, and at the end
the net must say which it was. Both nets have the same size, the same sequences and Adam.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from replicate.engine import draws

UNITS = 10
BATCH = 32
TEST = 500
RATE = 0.01
UPDATES = 200
NOISE = 0.2
FORGET_BIAS = 3.0  # ours: the LSTM's gates begin nearly open

State = tuple[Tensor, ...]


@dataclass(frozen=True)
class Learned:
    """Mean |dE/dstate(T-q)| over sequences, (T,) for q = 0 …, and shares of right answers."""

    before: np.ndarray
    after: np.ndarray
    right_before: float
    right: float


def tanh_step(w: Tensor, x: Tensor, state: State) -> State:
    """Return (h,) at t. ``w``: (unit, source); ``x``: (sequence,); state (sequence, unit)."""
    (h,) = state
    return (torch.tanh(_sources(x, h) @ w.T),)


def lstm_step(w: Tensor, x: Tensor, state: State) -> State:
    """Return (s, h) at t. ``w``: (4 unit, source), rows: cell input, input, forget, output."""
    s, h = state
    g, y_in, y_forget, y_out = (_sources(x, h) @ w.T).chunk(4, dim=1)
    s = torch.sigmoid(y_forget) * s + torch.sigmoid(y_in) * torch.tanh(g)
    return s, torch.sigmoid(y_out) * torch.tanh(s)


NETS: dict[str, tuple[Callable[[Tensor, Tensor, State], State], int, int]] = {
    "tanh net": (tanh_step, 1, 1),
    "LSTM": (lstm_step, 4, 2),
}
"""Step, rows of weights for each unit, parts of the state; errors are those of the first."""


def learn(net: str, gap: int, seed: int, updates: int = UPDATES) -> Learned:
    """Train a net from scratch on sequences of gap + 1 steps; return its errors by age."""
    _, rows, _ = NETS[net]
    sources = UNITS + 2
    start = draws.normal(seed, "weights", 0, rows * UNITS, 0, sources, 0, UNITS**-0.5)
    if net == "LSTM":
        start[2 * UNITS : 3 * UNITS, -1] = FORGET_BIAS
    w = torch.tensor(start, requires_grad=True)
    out = torch.tensor(
        draws.normal(seed, "weights", rows * UNITS, 1, 0, UNITS + 1, 0, UNITS**-0.5)[0],
        requires_grad=True,
    )
    before = measure(net, w, out, gap, seed)
    adam = torch.optim.Adam([w, out], RATE)
    for update in range(updates):
        adam.zero_grad()
        x, d = sequences(gap, seed, "training", update, BATCH)
        _, answer = answers(net, w, out, x)
        _loss(answer, d).backward()
        torch.nn.utils.clip_grad_norm_([w, out], 1.0)
        adam.step()
    after = measure(net, w, out, gap, seed)
    return Learned(before[0], after[0], before[1], after[1])


def measure(net: str, w: Tensor, out: Tensor, gap: int, seed: int) -> tuple[np.ndarray, float]:
    """Return mean error norms by age, (gap + 1,), and the share of right test sequences."""
    x, d = sequences(gap, seed, "test", 0, TEST)
    states, answer = answers(net, w, out, x)
    errors = torch.autograd.grad(_loss(answer, d) * TEST, states)
    by_age = torch.stack(errors).norm(dim=2).mean(dim=1).flip(0)
    return by_age.numpy(), float((answer.sign() == d).double().mean())


def answers(net: str, w: Tensor, out: Tensor, x: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return the states over time, each (sequence, unit), and the answers, (sequence,)."""
    step, _, parts = NETS[net]
    state: State = (x.new_zeros(x.shape[1], UNITS),) * parts
    over_time = []
    for x_t in x:
        state = step(w, x_t, state)
        over_time.append(state[0])
    return over_time, state[-1] @ out[:-1] + out[-1]


def sequences(
    gap: int, seed: int, stream: str, number: int, count: int
) -> tuple[Tensor, Tensor]:
    """Return inputs (gap + 1, sequence) and what is asked, 1 or -1, (sequence,)."""
    drawn = draws.normal(seed, stream, number * count, count, 0, gap + 1)
    asked = np.where(drawn[:, 0] < 0, -1.0, 1.0)
    x = NOISE * drawn.T
    x[0] = asked
    return torch.from_numpy(x), torch.from_numpy(asked)


def _sources(x: Tensor, h: Tensor) -> Tensor:
    return torch.cat([x[:, None], h, torch.ones_like(x[:, None])], dim=1)


def _loss(answer: Tensor, d: Tensor) -> Tensor:
    return torch.nn.functional.softplus(-d * answer).mean()
