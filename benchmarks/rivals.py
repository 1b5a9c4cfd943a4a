"""What torch does with the same sequences: forward, backward, update, a look at the error.

``torch.nn.LSTM`` with as many cells as the net of 1997 has (4; 133 weights with its forget
gates and its linear output), trained through all time steps by gradient descent.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from replicate.tasks.adding import Adding
from replicate.topology import Sequences
from replicate.training import online, showing
from replicate.training.stopping import Watch

CELLS = 4


def lstm(setting: Adding, batch: int, count: int) -> Callable[[], int]:
    """Return what trains ``nn.LSTM`` on ``count`` batches and says how many steps they had."""
    layer = nn.LSTM(2, CELLS)

    def last(x: Tensor, ends: Tensor) -> Tensor:
        return layer(x)[0][ends, torch.arange(len(ends))]

    return _trained(setting, layer, last, batch, count)


def cell_loop(setting: Adding, count: int) -> Callable[[], int]:
    """Return the same for a loop in Python over ``nn.LSTMCell``, one sequence at a time."""
    cell = nn.LSTMCell(2, CELLS)

    def last(x: Tensor, ends: Tensor) -> Tensor:
        h = c = x.new_zeros(1, CELLS)
        for x_t in x:
            h, c = cell(x_t, (h, c))
        return h

    return _trained(setting, cell, last, 1, count)


def readable(setting: Adding, n_trials: int, count: int) -> Callable[[], int]:
    """Return the same for ``replicate.cells``, many trials at a time, a few sequences each."""
    net, update = setting.topology(), setting.update()
    first = [torch.as_tensor(setting.initial_weights(seed)) for seed in range(n_trials)]
    weights = torch.stack(first)
    change, learns = torch.zeros_like(weights), torch.ones_like(weights)
    past = online.Past.of(net, weights)
    watches = [Watch(setting.stopping()) for _ in first]

    def run() -> int:
        nonlocal weights, change
        begun = sum(watch.steps for watch in watches)
        at = watches[0].sequences
        drawn = [setting.sequences(seed, "training", at, count) for seed in range(n_trials)]
        for n in range(count):
            shown = showing.together(drawn, n)
            batch = showing.batch(shown, weights)
            errors, weights, change, _ = online.by_sequence(
                net, update, weights, change, batch, learns, past
            )
            for watch, error, length in zip(watches, errors, shown.lengths, strict=True):
                watch.see(error, length)
        return sum(watch.steps for watch in watches) - begun

    return run


def _trained(
    setting: Adding,
    layer: nn.Module,
    last: Callable[[Tensor, Tensor], Tensor],
    batch: int,
    count: int,
) -> Callable[[], int]:
    output = nn.Linear(CELLS, 1)
    descent = torch.optim.SGD([*layer.parameters(), *output.parameters()], lr=0.05)
    first = 0

    def run() -> int:
        nonlocal first
        drawn = setting.sequences(0, "training", first, batch * count)
        first += batch * count
        for at in range(0, batch * count, batch):
            x, ends, targets = _batch(drawn, slice(at, at + batch))
            error = targets - output(last(x, ends))
            descent.zero_grad()
            (error**2).mean().backward()
            descent.step()
            if not error.detach().abs().max() < float("inf"):
                raise ArithmeticError("the rival diverged")
        return int(drawn.lengths.sum())

    return run


def _batch(drawn: Sequences, which: slice) -> tuple[Tensor, Tensor, Tensor]:
    lengths = drawn.lengths[which]
    x = torch.as_tensor(drawn.inputs[which, : lengths.max()], dtype=torch.float32)
    targets = torch.as_tensor(drawn.targets[which, 0], dtype=torch.float32)
    return x.transpose(0, 1), torch.as_tensor(lengths - 1), targets
