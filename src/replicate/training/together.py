"""Gradient descent for many small nets side by side: whole gradients, small batches.

The formula of every introduction, w ← w - α ∂E/∂w, with E the cross-entropy at the answers. All
trials of a setting are computed at once; one that ends leaves.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from replicate.cells import variants
from replicate.outcome import Outcome, measured
from replicate.topology import Sequences
from replicate.training.stopping import Watch

CHUNK = 256
"""Training sequences of a trial drawn at a time; any number gives the same trials."""


@dataclass
class Trial:
    """What a trial carries along besides its weights."""

    seed: int
    watch: Watch
    seconds: float = 0.0
    end: str | None = None


def walk(
    setting: Any, seeds: Iterable[int], dtype: str = "float64", device: str = "cpu"
) -> Iterator[Outcome]:
    """Train a net for each seed, all side by side; yield each as it ends."""
    trials = [Trial(seed, Watch(setting.stopping())) for seed in seeds]
    if not trials:
        return
    first = np.stack([setting.initial_weights(t.seed) for t in trials])
    weights = torch.as_tensor(first).to(device, getattr(torch, dtype))
    size, at = setting.batch_size, 0
    per_chunk = max(1, CHUNK // size)
    drawn: list[Sequences] = []
    while trials:
        began = time.perf_counter()
        if at % per_chunk == 0:
            n = per_chunk * size
            drawn = [setting.sequences(t.seed, "training", at * size, n) for t in trials]
        part = slice(at % per_chunk * size, (at % per_chunk + 1) * size)
        x, times, d = batch([cut(one, part) for one in drawn], weights)
        weights = weights.detach().requires_grad_()
        e, loss = errors(setting, weights, x, times, d)
        lengths = np.stack([one.lengths[part] for one in drawn])
        (gradient,) = torch.autograd.grad(loss, weights)
        new = weights.detach() - setting.learning_rate * gradient
        finite = torch.isfinite(new).all(dim=1).tolist()
        for i, trial in enumerate(trials):
            trial.end = judged(trial.watch, e[i], lengths[i])
            # Where training ends within a batch, the weights do not change any more.
            if trial.end:
                new[i] = weights[i].detach()
            elif not finite[i]:
                trial.end = "diverged"
        for trial in trials:
            trial.seconds += (time.perf_counter() - began) / len(trials)
        for i, trial in enumerate(trials):
            if trial.end:
                yield outcome(setting, trial, new[i])
        going = [i for i, trial in enumerate(trials) if not trial.end]
        trials, drawn, weights = (
            [trials[i] for i in going],
            [drawn[i] for i in going],
            new[going],
        )
        at += 1


def judged(watch: Watch, e: np.ndarray, lengths: np.ndarray) -> str | None:
    """Return how training ends within a batch, (sequence, target, output), if it does."""
    for of, length in zip(e, lengths, strict=True):
        if end := watch.see(of, int(length)):
            return end
    return None


def cut(shown: Sequences, part: slice) -> Sequences:
    """Return some of the sequences."""
    return Sequences(
        shown.inputs[part], shown.lengths[part], shown.target_times[part], shown.targets[part]
    )


def batch(each: list[Sequences], weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs (time, trial, sequence, input), target times and targets of all trials."""
    n_in = each[0].targets.shape[2]
    longest = max(int(of.lengths.max()) for of in each)
    inputs = np.zeros((len(each), len(each[0].lengths), longest), np.int64)
    for i, of in enumerate(each):
        inputs[i, :, : min(longest, of.inputs.shape[1])] = of.inputs[:, :longest]
    x = one_hot(torch.as_tensor(inputs), n_in).permute(2, 0, 1, 3)
    times = torch.as_tensor(np.stack([of.target_times for of in each]), dtype=torch.int64)
    d = torch.as_tensor(np.stack([of.targets for of in each]))
    return x.to(weights), times.to(weights.device), d.to(weights)


def errors(
    setting: Any, weights: Tensor, x: Tensor, times: Tensor, d: Tensor
) -> tuple[np.ndarray, Tensor]:
    """Return |d - y|, (trial, sequence, target, output), and the summed cross-entropy.

    Of a trial it is the mean over the sequences of its batch and their targets.
    """
    inside = variants.forward(setting.shape(), weights, x)
    trial = torch.arange(len(weights), device=weights.device)[:, None, None]
    sequence = torch.arange(x.shape[2], device=weights.device)[None, :, None]
    logits = inside.logits[times, trial, sequence]
    entropy = cross_entropy(logits.flatten(0, 2), d.flatten(0, 2), reduction="sum")
    y = torch.softmax(logits.detach(), dim=-1)
    per_trial = times.shape[1] * times.shape[2]
    return (d - y).abs().numpy(force=True).astype(np.float64), entropy / per_trial


def tested(setting: Any, seed: int, weights: Tensor) -> dict[str, float]:
    """Return the test numbers of a net, (weight,), whose weights change no more."""
    rule = setting.stopping()
    with torch.no_grad():
        x, times, d = batch([setting.sequences(seed, "test", 0, rule.n_test)], weights)
        e, _ = errors(setting, weights[None], x, times, d)
    sizes = e[0].reshape(rule.n_test, -1)
    wrong = sum(not size.max() < rule.tolerance for size in sizes)
    return measured(wrong, sizes.mean(axis=1).tolist(), (sizes**2).mean(axis=1).tolist())


def outcome(setting: Any, trial: Trial, weights: Tensor) -> Outcome:
    """Return how a trial ended; its weights, (weight,), are tested unless it diverged."""
    began = time.perf_counter()
    kept = trial.end != "diverged" and bool(torch.isfinite(weights).all())
    test = tested(setting, trial.seed, weights) if kept else {}
    return Outcome(
        seed=trial.seed,
        status=str(trial.end),
        sequences=trial.watch.sequences,
        steps=trial.watch.steps,
        test=test,
        curve=trial.watch.curve.points(),
        weights=weights.numpy(force=True).astype(np.float64) if kept else np.empty(0),
        seconds=trial.seconds + time.perf_counter() - began,
    )
