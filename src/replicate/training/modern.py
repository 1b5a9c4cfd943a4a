"""Training as it is done now: torch's own LSTM or tanh RNN, mini-batches, BPTT, clipping, Adam.

The stopping rule and the test are those of 1997, counted in sequences presented: a batch is
judged sequence by sequence, before the weights change.
"""

import time
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from replicate.outcome import Outcome, measured
from replicate.tasks.adding_modern import N_IN, N_OUT, AddingModern
from replicate.topology import Sequences
from replicate.training.showing import TEST_CHUNK
from replicate.training.stopping import Watch


class Net(nn.Module):
    """A recurrent layer and a linear output, read at the end of each sequence."""

    def __init__(self, setting: AddingModern, seed: int) -> None:
        super().__init__()
        layer = {"lstm": nn.LSTM, "rnn": nn.RNN}[setting.cell]
        self.recurrent = layer(N_IN, setting.hidden_size)
        self.output = nn.Linear(setting.hidden_size, N_OUT)
        weights = torch.as_tensor(setting.initial_weights(seed))
        nn.utils.vector_to_parameters(weights, self.parameters())

    def forward(self, inputs: Tensor, ends: Tensor) -> Tensor:
        """Return (sequence, output); inputs: (time, sequence, input), ends: (sequence,)."""
        states, _ = self.recurrent(inputs)
        return self.output(states[ends, torch.arange(len(ends), device=ends.device)])


def walk(
    setting: AddingModern, seeds: Iterable[int], dtype: str = "float32", device: str = "cpu"
) -> Iterator[Outcome]:
    """Train a net for each seed, one after the other; yield each as it ends."""
    for seed in seeds:
        yield trained(setting, seed, dtype, device)


def trained(setting: AddingModern, seed: int, dtype: str, device: str) -> Outcome:
    """Train one net until the stopping rule ends it, then test it."""
    began = time.perf_counter()
    net = Net(setting, seed).to(device, getattr(torch, dtype))
    watch = Watch(setting.stopping())
    status = train(net, setting, seed, watch)
    kept = status != "diverged"
    weights = nn.utils.parameters_to_vector(net.parameters()).numpy(force=True)
    return Outcome(
        seed=seed,
        status=status,
        sequences=watch.sequences,
        steps=watch.steps,
        test=tested(setting, seed, net) if kept else {},
        curve=watch.curve.points(),
        weights=weights.astype(np.float64) if kept else np.empty(0),
        seconds=time.perf_counter() - began,
    )


def train(net: Net, setting: AddingModern, seed: int, watch: Watch) -> str:
    """Train a net batch by batch; return how it ends."""
    adam = torch.optim.Adam(net.parameters(), setting.learning_rate)
    while True:
        shown = setting.sequences(seed, "training", watch.sequences, setting.batch_size)
        e = errors(net, shown)
        if status := judged(watch, e, shown):
            return status
        adam.zero_grad()
        (e**2).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), setting.clip)
        adam.step()


def errors(net: Net, shown: Sequences) -> Tensor:
    """Return the errors at the ends of sequences, (sequence, output)."""
    weights = net.output.weight
    inputs = torch.as_tensor(shown.inputs[:, : shown.lengths.max()]).to(weights)
    ends = torch.as_tensor(shown.target_times[:, 0]).to(weights.device, torch.int64)
    targets = torch.as_tensor(shown.wanted[:, 0]).to(weights)
    y: Tensor = net(inputs.transpose(0, 1), ends)
    return targets - y


def judged(watch: Watch, e: Tensor, shown: Sequences) -> str | None:
    """Return how training ends within a batch, if it does."""
    sizes = np.abs(e.numpy(force=True).astype(np.float64))
    for size, length in zip(sizes, shown.lengths, strict=True):
        if status := watch.see(size, length):
            return status
    return None


def tested(setting: AddingModern, seed: int, net: Net) -> dict[str, float]:
    """Return the test numbers of a net whose weights change no more."""
    rule, sizes = setting.stopping(), []
    for first in range(0, rule.n_test, TEST_CHUNK):
        shown = setting.sequences(seed, "test", first, min(TEST_CHUNK, rule.n_test - first))
        with torch.no_grad():
            sizes += list(np.abs(errors(net, shown).numpy(force=True).astype(np.float64)))
    wrong = sum(not e.max() < rule.tolerance for e in sizes)
    return measured(wrong, [e.mean() for e in sizes], [(e**2).mean() for e in sizes])
