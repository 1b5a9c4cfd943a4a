"""On-line training as in 1997, readable: the weights change after each sequence, or each step.

Does what the engine does, with the cells of ``replicate.cells`` and autograd's gradients. All
trials train side by side, each with its own weights and sequences; one that ends leaves.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from replicate.cells import lstm97
from replicate.outcome import Outcome
from replicate.topology import Sequences, Topology, Update
from replicate.training.stopping import Watch, measured

CHUNK = 32
"""Training sequences of a trial drawn at a time; any number gives the same trials."""
TEST_CHUNK = 256
"""Test sequences shown at a time."""


class Batch(NamedTuple):
    """One sequence of each trial, where the weights are."""

    inputs: Tensor  # (time, trial, input), or (time, trial) symbols
    target_times: Tensor  # (trial, target), -1 where there is none
    targets: Tensor  # (trial, target, output)


@dataclass
class Trial:
    """What a trial carries along besides its weights."""

    seed: int
    watch: Watch
    seconds: float = 0.0


def walk(
    setting: Any, seeds: Iterable[int], dtype: str = "float64", device: str = "cpu"
) -> Iterator[Outcome]:
    """Train a trial of the setting for each seed, all side by side; yield each as it ends."""
    topology, update = setting.topology(), setting.update()
    learn = by_step if update.every == "step" else by_sequence
    trials = [Trial(seed, Watch(setting.stopping())) for seed in seeds]
    if not trials:
        return
    first = [torch.as_tensor(setting.initial_weights(trial.seed)) for trial in trials]
    weights = torch.stack(first).to(device, getattr(torch, dtype))
    change = torch.zeros_like(weights)
    drawn: dict[int, Sequences] = {}
    for n in itertools.count():
        began = time.perf_counter()
        if n % CHUNK == 0:
            drawn = {t.seed: setting.sequences(t.seed, "training", n, CHUNK) for t in trials}
        shown = together([drawn[t.seed] for t in trials], n % CHUNK)
        errors, weights, change = learn(
            topology, update, weights, change, batch(shown, weights)
        )
        finite = torch.isfinite(weights).all(dim=1).tolist()
        present = shown.target_times >= 0
        ends = [
            trial.watch.see(errors[i][present[i]], shown.lengths[i], finite[i])
            for i, trial in enumerate(trials)
        ]
        for trial in trials:
            trial.seconds += (time.perf_counter() - began) / len(trials)
        for i, end in enumerate(ends):
            if end:
                yield outcome(setting, trials[i], end, weights[i])
        if any(ends):
            going = [i for i, end in enumerate(ends) if not end]
            trials, weights, change = [trials[i] for i in going], weights[going], change[going]
        if not trials:
            return


def by_sequence(
    topology: Topology, update: Update, weights: Tensor, change: Tensor, batch: Batch
) -> tuple[np.ndarray, Tensor, Tensor]:
    """Show each trial its sequence, then change its weights once.

    Returns |e|, (trial, target, output) float64, 0 where there is no target; the new weights
    and their change, both (trial, weight).
    """
    w = weights.detach().requires_grad_()
    net_k, y_k, d = at_targets(topology, w, batch)
    (gradient,) = torch.autograd.grad(lstm97.loss(topology, net_k, y_k, d), w)
    change = update.momentum * change - update.learning_rate * gradient
    return magnitude(d - y_k), weights + change, change


def by_step(
    topology: Topology, update: Update, weights: Tensor, change: Tensor, batch: Batch
) -> tuple[np.ndarray, Tensor, Tensor]:
    """Show each trial its sequence and change its weights right after each step with a target.

    The gradient of an error is with respect to the weights at all earlier steps, whatever they
    were then (the traces of the paper): a shift, zero, that all of them share has it.
    """
    shift = torch.zeros_like(weights, requires_grad=True)
    x = lstm97.dense(topology, batch.inputs, weights)
    s, y = lstm97.start(topology, weights)
    errors = np.zeros(batch.targets.shape)
    for t, x_t in enumerate(x):
        w, w_k = lstm97.matrices(topology, weights + shift)
        _, s, y = lstm97.step(topology, w, x_t, s, y)
        trial, target = torch.nonzero(batch.target_times == t, as_tuple=True)
        if len(trial) == 0:
            continue
        net_k, y_k = lstm97.output(topology, w_k, x_t, y[:, : topology.n_cells])
        d = batch.targets[trial, target]
        off = lstm97.loss(topology, net_k[trial], y_k[trial], d)
        (gradient,) = torch.autograd.grad(off, shift, retain_graph=True)
        now = update.momentum * change - update.learning_rate * gradient
        change = change.index_copy(0, trial, now[trial])
        weights = weights.index_add(0, trial, change[trial])
        errors[trial.cpu(), target.cpu()] = magnitude(d - y_k[trial])
    return errors, weights, change


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


def outcome(setting: Any, trial: Trial, status: str, weights: Tensor) -> Outcome:
    """Return how a trial ended; its weights, (weight,), are tested unless it diverged."""
    began = time.perf_counter()
    kept = status != "diverged"
    test = tested(setting, trial.seed, weights) if kept else {}
    return Outcome(
        seed=trial.seed,
        status=status,
        sequences=trial.watch.sequences,
        steps=trial.watch.steps,
        test=test,
        curve=trial.watch.curve.points(),
        weights=weights.numpy(force=True).astype(np.float64) if kept else np.empty(0),
        seconds=trial.seconds + time.perf_counter() - began,
    )


def tested(setting: Any, seed: int, weights: Tensor) -> dict[str, float]:
    """Return the test numbers of a net whose weights, (weight,), change no more."""
    rule, errors = setting.stopping(), []
    for first in range(0, rule.n_test, TEST_CHUNK):
        shown = setting.sequences(seed, "test", first, min(TEST_CHUNK, rule.n_test - first))
        w = weights.expand(len(shown.lengths), -1)
        with torch.no_grad():
            _, y_k, d = at_targets(setting.topology(), w, batch(shown, weights))
        present = shown.target_times >= 0
        errors += [e[there] for e, there in zip(magnitude(d - y_k), present, strict=True)]
    return measured(errors, rule.tolerance)


def batch(shown: Sequences, weights: Tensor) -> Batch:
    """Return sequences, one a trial, in the dtype and on the device of the weights."""
    inputs = torch.as_tensor(shown.inputs[:, : shown.lengths.max()]).transpose(0, 1)
    return Batch(
        inputs.to(weights.device),
        torch.as_tensor(shown.target_times).to(weights.device, torch.int64),
        torch.as_tensor(shown.targets).to(weights),
    )


def together(sequences: list[Sequences], n: int) -> Sequences:
    """Return the nth of each trial's sequences side by side, padded to the longest."""
    return Sequences(
        inputs=_stacked([s.inputs[n] for s in sequences], 0),
        lengths=np.array([s.lengths[n] for s in sequences]),
        target_times=_stacked([s.target_times[n] for s in sequences], -1),
        targets=_stacked([s.targets[n] for s in sequences], 0),
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
