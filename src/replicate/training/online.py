"""On-line training as in 1997, readable: the weights change after each sequence, or each step.

Does what the engine does, with the cells of ``replicate.cells`` and autograd's gradients. All
trials train side by side, each with its own weights and sequences; one that ends leaves.
"""

import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from replicate.cells import lstm97
from replicate.outcome import Outcome, at_mark
from replicate.topology import Sequences, Topology, Update
from replicate.training.showing import (
    Batch,
    at_targets,
    batch,
    looked,
    magnitude,
    tested,
    together,
)
from replicate.training.stopping import Stall, Watch

CHUNK = 32
"""Training sequences of a trial drawn at a time; any number gives the same trials."""


@dataclass
class Trial:
    """What a trial carries along besides its weights."""

    seed: int
    watch: Watch
    stall: Stall | None  # while it is young: its cells feed no output
    reached: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def of(cls, setting: Any, seed: int) -> Self:
        """Return a trial that has seen nothing."""
        growth = setting.growth()
        return cls(seed, Watch(setting.stopping()), Stall(growth) if growth else None)


class Past(NamedTuple):
    """Where the trials' nets stand between two steps."""

    s: Tensor  # (trial, cell)
    y: Tensor  # (trial, hidden)
    shift: Tensor  # (trial, weight) zeros, added to the weights of every step so far

    @classmethod
    def of(cls, topology: Topology, weights: Tensor) -> Self:
        """Return the state before a sequence."""
        s, y = lstm97.start(topology, weights)
        return cls(s, y, torch.zeros_like(weights, requires_grad=True))


def learned(topology: Topology, trials: list[Trial], weights: Tensor) -> Tensor:
    """Return 1 where a weight learns, and 0 where it leads out of a young net's cells."""
    ones = torch.ones_like(weights)
    for i, trial in enumerate(trials):
        if trial.stall:
            ones[i, topology.cell_to_output] = 0.0
    return ones


def walk(
    setting: Any, seeds: Iterable[int], dtype: str = "float64", device: str = "cpu"
) -> Iterator[Outcome]:
    """Train a trial of the setting for each seed, all side by side; yield each as it ends."""
    topology, update = setting.topology(), setting.update()
    learn = by_step if update.every == "step" else by_sequence
    if topology.carry and len(seeds := list(seeds)) > 1:
        for seed in seeds:
            yield from walk(setting, [seed], dtype, device)
        return
    trials = [Trial.of(setting, seed) for seed in seeds]
    if not trials:
        return
    first = [torch.as_tensor(setting.initial_weights(trial.seed)) for trial in trials]
    weights = torch.stack(first).to(device, getattr(torch, dtype))
    weights = weights * learned(topology, trials, weights)
    change = torch.zeros_like(weights)
    past = Past.of(topology, weights)
    drawn: dict[int, Sequences] = {}
    for n in itertools.count():
        began = time.perf_counter()
        if n % CHUNK == 0:
            drawn = {t.seed: setting.sequences(t.seed, "training", n, CHUNK) for t in trials}
        shown = together([drawn[t.seed] for t in trials], n % CHUNK)
        past = past if topology.carry else Past.of(topology, weights)
        learns = learned(topology, trials, weights)
        errors, weights, change, past = learn(
            topology, update, weights, change, batch(shown, weights), learns, past
        )
        finite = torch.isfinite(weights).all(dim=1).tolist()
        present = shown.target_times >= 0
        ends = [
            watched(setting, t, weights[i], errors[i][present[i]], shown.lengths[i], finite[i])
            for i, t in enumerate(trials)
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


def watched(
    setting: Any, trial: Trial, weights: Tensor, errors: np.ndarray, length: int, finite: bool
) -> str | None:
    """Count a trial's sequence; check, test or grow its net if it is time; say if it ends."""
    watch = trial.watch
    end = watch.see(errors, length, finite)
    if end == "diverged":
        return end
    if trial.stall and trial.stall.see(errors.mean(keepdims=True).ravel()):
        added = setting.topology().cell_to_output
        first = torch.as_tensor(setting.initial_weights(trial.seed)).to(weights)
        weights[added] = first[added]
        trial.stall = None
    if watch.due:
        rule = setting.stopping()
        seen = looked(setting, trial.seed, "check", watch.first_check, rule.among, weights)
        watch.check(seen["wrong"], seen["mean_abs_error"])
    for mark in watch.passed if watch.ahead else watch.passed[:-1]:
        test = tested(setting, trial.seed, weights)
        trial.reached |= at_mark(mark.name, watch.sequences, test)
    return watch.end()


def by_sequence(
    topology: Topology, update: Update, weights: Tensor, change: Tensor, batch: Batch,
    learns: Tensor, past: Past,
) -> tuple[np.ndarray, Tensor, Tensor, Past]:  # fmt: skip
    """Show each trial its sequence, then change its weights once.

    Returns |e|, (trial, target, output) float64, 0 where there is no target; the new weights
    and their change, both (trial, weight); and the past, which matters to ``by_step`` only.
    """
    w = weights.detach().requires_grad_()
    net_k, y_k, d = at_targets(topology, w, batch)
    (gradient,) = torch.autograd.grad(lstm97.loss(topology, net_k, y_k, d), w)
    change = update.momentum * change - update.learning_rate * gradient * learns
    return magnitude(d - y_k), weights + change, change, past


def by_step(
    topology: Topology, update: Update, weights: Tensor, change: Tensor, batch: Batch,
    learns: Tensor, past: Past,
) -> tuple[np.ndarray, Tensor, Tensor, Past]:  # fmt: skip
    """Show each trial its sequence and change its weights right after each step with a target.

    The gradient of an error is with respect to the weights at all earlier steps, whatever they
    were then (the traces of the paper): a shift, zero, that all of them share has it. If the
    past is carried on, so is everything that it was computed from.
    """
    s, y, shift = past
    x = lstm97.dense(topology, batch.inputs, weights)
    errors = np.zeros(batch.targets.shape)
    for t, x_t in enumerate(x):
        w, w_k = lstm97.matrices(topology, weights + shift)
        _, s, y = lstm97.advance(topology, w, x_t, s, y)
        trial, target = torch.nonzero(batch.target_times == t, as_tuple=True)
        if len(trial) == 0:
            continue
        net_k, y_k = lstm97.output(topology, w_k, x_t, y[:, : topology.n_cells])
        d = batch.targets[trial, target]
        off = lstm97.loss(topology, net_k[trial], y_k[trial], d)
        (gradient,) = torch.autograd.grad(off, shift, retain_graph=True)
        now = update.momentum * change - update.learning_rate * gradient * learns
        change = change.index_copy(0, trial, now[trial])
        weights = weights.index_add(0, trial, change[trial])
        errors[trial.cpu(), target.cpu()] = magnitude(d - y_k[trial])
    return errors, weights, change, Past(s, y, shift)


def outcome(setting: Any, trial: Trial, status: str, weights: Tensor) -> Outcome:
    """Return how a trial ended; its weights, (weight,), are tested unless it diverged."""
    began = time.perf_counter()
    kept = status != "diverged"
    test = tested(setting, trial.seed, weights) | trial.reached if kept else {}
    last = weights.numpy(force=True).astype(np.float64) if kept else np.empty(0)
    seconds = trial.seconds + time.perf_counter() - began
    return trial.watch.outcome(trial.seed, status, test, last, seconds)
