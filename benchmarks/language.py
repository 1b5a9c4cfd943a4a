"""Measure the training of language models beside other ways to do it, in words a second.

    python benchmarks/language.py [--repeat N] [--check]

10,000 words, 200 units, drawn as often as words of a text are (by Zipf's law); each way trains
the same batches of 20 columns in windows of 35 steps on one thread. Processor time is measured,
in rounds that take turns, so that a busy machine slows all alike; ratios are between the best
times. Prints a table and writes it with all numbers to ``_build/bench``. With ``--check`` the
exit status is 0 only if every target is met.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from replicate.corpora import Corpus
from replicate.language.classes import binned, expected_units
from replicate.language.vocabulary import END, Vocabulary
from replicate.root import root
from replicate.tasks.language_model import LanguageModel
from replicate.training.language_model import job_of
from replicate.training.large import Run, Training
from replicate.training.processes import processes

N_WORDS, UNITS, BATCH, STEPS, CLASSES = 10_000, 200, 20, 35, 100
CLIP = 0.25  # of the plain loop
WINDOWS = 3  # trained in a round
ROUNDS = 6  # of each repeat
SETTING = LanguageModel(
    text="running", peepholes=False, batch_size=BATCH, n_steps=STEPS, initial="uniform"
)
Train = Callable[[], int]  # trains some windows and returns how many words they have


def corpus() -> Corpus:
    """Return words drawn by Zipf's law, the most frequent of which ends sentences."""
    generator = np.random.default_rng(0)
    chances = 1.0 / np.arange(1, N_WORDS + 1)
    text = generator.choice(N_WORDS, BATCH * STEPS * 40, p=chances / chances.sum())
    text[-1] = 0
    text = text.astype(np.int32)
    words = Vocabulary((END, *map(str, range(1, N_WORDS))))
    return Corpus("zipf", words, text, text[-100:], text[-100:])


CORPUS = corpus()
COUNTS = np.bincount(CORPUS.train, minlength=N_WORDS)
FREQUENCY, ROOT = (binned(COUNTS, CLASSES, power) for power in (1.0, 0.5))


def ours(class_of: np.ndarray | None = ROOT, **values: object) -> Train:
    """Return what trains by the project's own loop; None: with a full softmax."""
    setting = LanguageModel.of({**SETTING.values(), **values})
    job = job_of(setting, 0, CORPUS, class_of, "cpu")
    with processes("cpu") as here:
        training = Training(job, Run(Path(tempfile.gettempdir()) / "none"), here)
    batches = job.batches(0)
    windows = [batches[k] for k in range(len(batches))]

    def run() -> int:
        first = training.at.batch
        for k in range(WINDOWS):
            training.step(windows[(first + k) % len(windows)], batches.carry)
        return WINDOWS * BATCH * STEPS

    return run


class Plain(nn.Module):
    """The net of a plain loop: embedding, ``nn.LSTM``, and an output layer with its loss."""

    def __init__(self, adaptive: bool, n_words: int = N_WORDS) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_words, UNITS)
        self.lstm = nn.LSTM(UNITS, UNITS)
        if adaptive:
            cutoffs = [1000, 4000]
            self.adaptive = nn.AdaptiveLogSoftmaxWithLoss(UNITS, n_words, cutoffs)
        else:
            self.words = nn.Linear(UNITS, n_words)

    def forward(self, x: Tensor, targets: Tensor, state: object) -> tuple[Tensor, object]:
        """Return the mean loss and the state at the end."""
        y, state = self.lstm(self.embedding(x), state)
        flat, wanted = y.flatten(0, 1), targets.flatten()
        if hasattr(self, "adaptive"):
            return self.adaptive(flat, wanted).loss, state
        return nn.functional.cross_entropy(self.words(flat), wanted), state


def step(
    net: Plain, sgd: torch.optim.Optimizer, x: Tensor, targets: Tensor, state: object
) -> object:
    """Change the net by one window, as every introduction does; return the state at its end."""
    if isinstance(state, tuple):
        state = tuple(part.detach() for part in state)
    net.zero_grad()
    loss, state = net(x, targets, state)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), CLIP)
    sgd.step()
    return state


def plain(adaptive: bool = False) -> Train:
    """Return what trains by the loop of every introduction, with torch's own parts."""
    torch.manual_seed(0)
    net = Plain(adaptive)
    sgd = torch.optim.SGD(net.parameters(), 1.0)
    columns = torch.as_tensor(CORPUS.train).long().view(BATCH, -1).T.contiguous()
    held: dict[str, object] = {"state": None, "at": 0}

    def run() -> int:
        for _ in range(WINDOWS):
            at = int(str(held["at"])) % (len(columns) - STEPS - 1)
            x, targets = columns[at : at + STEPS], columns[at + 1 : at + 1 + STEPS]
            held["state"] = step(net, sgd, x, targets, held["state"])
            held["at"] = at + STEPS
        return WINDOWS * BATCH * STEPS

    return run


FULL, ROOTED, BINNED = "full softmax", "classes, square root", "classes, frequency"
PLAIN, ADAPTIVE = "plain loop, full softmax", "plain loop, AdaptiveLogSoftmaxWithLoss"
PEEPHOLES = "classes, square root, peepholes"


def candidates() -> dict[str, Train]:
    """Return what is measured, by its name."""
    return {
        PLAIN: plain(),
        ADAPTIVE: plain(adaptive=True),
        FULL: ours(None),
        BINNED: ours(FREQUENCY),
        ROOTED: ours(),
        PEEPHOLES: ours(peepholes=True),
        "classes, square root, tanh RNN": ours(cell="rnn"),
        "classes, square root, 5-gram net": ours(cell="window"),
    }


def measured(runs: dict[str, Train], rounds: int) -> dict[str, list[float]]:
    """Return the words a second of every round, by name."""
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time()
            words = run()
            speeds[name].append(words / (time.process_time() - began))
    return speeds


def main() -> int:
    """Measure, print, write; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure the training of language models.")
    parser.add_argument("--repeat", type=int, default=5, help=f"times {ROUNDS} rounds")
    parser.add_argument("--check", action="store_true", help="fail if a target is missed")
    given = parser.parse_args()
    torch.set_num_threads(1)
    speeds = measured(candidates(), max(1, given.repeat) * ROUNDS)
    best = {name: max(each) for name, each in speeds.items()}
    targets = [
        ("classes beside the full softmax", best[ROOTED] / best[FULL], 3),
        ("our loop with classes beside the plain loop", best[ROOTED] / best[PLAIN], 2),
        ("the same with peepholes", best[PEEPHOLES] / best[PLAIN], 2),
    ]
    met = [ratio >= bound for _, ratio, bound in targets]
    lines = [
        f"Language models, {N_WORDS:,} words, {UNITS} units, {CLASSES} classes (output units a "
        f"word: {expected_units(COUNTS, FREQUENCY):,.0f} by frequency, "
        f"{expected_units(COUNTS, ROOT):,.0f} by its square root), one thread",
        "",
        "| | words a second, best | median | times the plain loop |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {speed:,.0f} | {statistics.median(speeds[name]):,.0f} | "
            f"{speed / best[PLAIN]:.2f} |"
            for name, speed in best.items()
        ),
        "",
        "| | measured | target | met |",
        "|---|---:|---:|---|",
        *(
            f"| {what} | {ratio:.2f} times | >= {bound} times | {['no', 'yes'][ok]} |"
            for (what, ratio, bound), ok in zip(targets, met, strict=True)
        ),
    ]
    print("\n".join(lines))
    folder = root() / "_build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "language.md").write_text("\n".join(lines) + "\n")
    kept = {
        "words_a_second": speeds,
        "targets": [[*target, ok] for target, ok in zip(targets, met, strict=True)],
        "versions": {"python": platform.python_version(), "torch": version("torch")},
        "machine": platform.machine(),
    }
    (folder / "language.json").write_text(json.dumps(kept, indent=1) + "\n")
    return int(given.check and not all(met))


if __name__ == "__main__":
    sys.exit(main())
