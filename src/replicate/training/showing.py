"""Sequences shown to the readable cells: as tensors, side by side, and to frozen nets."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from replicate.cells import lstm97
from replicate.outcome import measured
from replicate.topology import Sequences, Topology

TEST_CHUNK = 256
"""Sequences shown to a frozen net at a time."""


class Batch(NamedTuple):
    """One sequence of each trial, where the weights are."""

    inputs: Tensor  # (time, trial, input), or (time, trial) symbols
    target_times: Tensor  # (trial, target), -1 where there is none
    targets: Tensor  # (trial, target, output)


def at_targets(
    topology: Topology, weights: Tensor, batch: Batch
) -> tuple[Tensor, Tensor, Tensor]:
    """Return net_k, y_k, d, (trial, target, output); d = y_k where there is no target."""
    seen = lstm97.forward(topology, weights, batch.inputs)
    trial = torch.arange(len(weights), device=weights.device)[:, None]
    at = batch.target_times.clamp(min=0), trial
    net_k, y_k = seen.net_k[at], seen.y_k[at]
    absent = (batch.target_times < 0)[:, :, None]
    return net_k, y_k, torch.where(absent, y_k.detach(), batch.targets)


def tested(setting: Any, seed: int, weights: Tensor) -> dict[str, float]:
    """Return the test numbers of a net whose weights, (weight,), change no more."""
    return looked(setting, seed, "test", 0, setting.stopping().n_test, weights)


def looked(
    setting: Any, seed: int, stream: str, first: int, count: int, weights: Tensor
) -> dict[str, Any]:
    """Return how a frozen net does on ``count`` sequences of a stream."""
    rule = setting.stopping()
    wrong, means, squares = 0, [], []
    for at in range(first, first + count, TEST_CHUNK):
        shown = setting.sequences(seed, stream, at, min(TEST_CHUNK, first + count - at))
        w = weights.expand(len(shown.lengths), -1)
        with torch.no_grad():
            _, y_k, d = at_targets(setting.topology(), w, batch(shown, weights))
        wanted = shown.wanted
        for i, there in enumerate(shown.target_times >= 0):
            e = magnitude(d[i] - y_k[i])[there]
            means.append(e.mean())
            squares.append((e**2).mean())
            if rule.ranks:
                ordered = y_k[i].numpy(force=True)[there], wanted[i][there], rule.ranks
                wrong += not in_order(*ordered)
            else:
                wrong += not e.max() < rule.tolerance
    return measured(wrong, means, squares)


def in_order(y_k: np.ndarray, targets: np.ndarray, ranks: str) -> bool:
    """Return whether at each target, (target, output), what is above 0 ranks above what is 0.

    All of it, or the best of it, as ``ranks`` says.
    """
    wanted = targets > 0
    others = np.where(wanted, -np.inf, y_k).max(axis=1)
    if ranks == "all":
        best = np.where(wanted, y_k, np.inf).min(axis=1)
    else:
        best = np.where(wanted, y_k, -np.inf).max(axis=1)
    return bool((others < best).all())


def batch(shown: Sequences, weights: Tensor) -> Batch:
    """Return sequences, one a trial, in the dtype and on the device of the weights."""
    inputs = torch.as_tensor(shown.inputs[:, : shown.lengths.max()]).transpose(0, 1)
    return Batch(
        inputs.to(weights.device),
        torch.as_tensor(shown.target_times).to(weights.device, torch.int64),
        torch.as_tensor(shown.wanted).to(weights),
    )


def together(sequences: list[Sequences], n: int) -> Sequences:
    """Return the nth of each trial's sequences side by side, padded to the longest."""
    return Sequences(
        inputs=_stacked([s.inputs[n] for s in sequences], 0),
        lengths=np.array([s.lengths[n] for s in sequences]),
        target_times=_stacked([s.target_times[n] for s in sequences], -1),
        targets=_stacked([s.targets[n] for s in sequences], 0),
        n_out=sequences[0].n_out,
    )


def magnitude(e: Tensor) -> np.ndarray:
    """Return |e| as float64."""
    return np.abs(e.numpy(force=True).astype(np.float64))


def _stacked(arrays: list[np.ndarray], fill: int) -> np.ndarray:
    shape = np.max([a.shape for a in arrays], axis=0)
    stack = np.full((len(arrays), *shape), fill, arrays[0].dtype)
    for row, a in zip(stack, arrays, strict=True):
        row[tuple(slice(n) for n in a.shape)] = a
    return stack
