"""Measure the engine on the adding problem beside its rivals, all on the same sequences.

    python benchmarks/adding.py [--repeat N] [--check]

Prints a table and writes it with all numbers to ``_build/bench``. Everything runs on one thread
and includes drawing the sequences, the update of the weights and the stopping rule. Processor
time is measured, in rounds that take turns, so that a busy machine slows all alike; ratios are
between the best times. With ``--check`` the exit status is 0 only if every target is met.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import rivals
import torch
from numba_lstm97 import Trial

from replicate.engine import draws, library, training
from replicate.root import root
from replicate.tasks.adding import Adding
from replicate.tasks.long_lag import LongLag
from replicate.tasks.marked_pairs import VALUES

ROUNDS = 12  # of each repeat
CHUNK = training.CHUNK // (110 * 2 * 8)  # sequences that the engine is given at a time
SETTING = Adding(cap=4 * CHUNK, n_test=1)  # T = 100


class Faint(Adding):
    """The adding problem with cells so far from 0 that their traces are denormal numbers."""

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return the usual weights, but for the biases of the cells."""
        weights = super().initial_weights(seed)
        weights[self.topology().bias_index("cells")] = 1000.0
        return weights


FAINT = Faint(cap=SETTING.cap, n_test=1, input_gate_bias=(-9.0, -9.0))
Run = Callable[[], int]  # does some of its work and returns how many time steps that was


def engine(dtype: str, setting: Adding | LongLag = SETTING) -> Run:
    """Return what walks eight trials to their end."""
    return lambda: sum(o.steps for o in training.walk(setting, iter(range(8)), dtype))


def numba_scalar() -> Run:
    """Return what trains one trial, after a look that it does what the engine does."""
    trial = Trial(SETTING, 0)
    trial.train(SETTING.sequences(0, "training", 0, SETTING.cap))
    (outcome,) = training.walk(SETTING, iter([0]))
    found = np.concatenate([trial.w.ravel(), trial.w_k])
    np.testing.assert_allclose(found, outcome.weights, rtol=1e-9, atol=1e-12)

    def run() -> int:
        chunk = SETTING.sequences(0, "training", trial.sequences, 100)
        trial.train(chunk)
        return int(chunk.lengths.sum())

    return run


def generation() -> Run:
    """Return what draws and makes up the sequences of a chunk, as the engine has it done."""
    return lambda: int(SETTING.sequences(0, "training", 0, CHUNK).lengths.sum())


def random_draws() -> Run:
    """Return what only draws their numbers."""
    steps, longest = generation()(), SETTING.T + SETTING.T // 10

    def run() -> int:
        inputs = np.empty((CHUNK, longest, 2))
        draws.words(0, "training", 0, CHUNK, 0, VALUES)
        shown = inputs[:, :, 0]
        draws.uniform(0, "training", 0, CHUNK, VALUES, longest, -1.0, 1.0, out=shown)
        return steps

    return run


F32, F64 = "engine, float32, 8 trials", "engine, float64, 8 trials"
LSTM, LOOP = "torch.nn.LSTM, batch 1", "torch.nn.LSTMCell in a loop, batch 1"
FEW, MANY = "task 2c, q = 1000, p = 50, float32", "task 2c, q = 1000, p = 1000, float32"
EVERY = "task 2a, p = 100, a target at each step, float64"
DRAWS, GENERATION = "random draws alone", "drawing and making the sequences"


def candidates() -> dict[str, Run]:
    """Return what is measured, by its name."""
    return {
        F32: engine("float32"),
        F64: engine("float64"),
        "engine, float32, denormal traces": engine("float32", FAINT),
        "engine, float64, denormal traces": engine("float64", FAINT),
        FEW: engine("float32", LongLag(task="2c", p=50, q=1000, cap=200, n_test=1)),
        MANY: engine("float32", LongLag(task="2c", p=1000, q=1000, cap=200, n_test=1)),
        EVERY: engine("float64", LongLag(cap=200, n_test=1)),
        DRAWS: random_draws(),
        GENERATION: generation(),
        "Numba, scalar, float64": numba_scalar(),
        "readable cell, float64, 256 trials": rivals.readable(SETTING, 256, 1),
        "torch.nn.LSTM, batch 64": rivals.lstm(SETTING, 64, 4),
        LSTM: rivals.lstm(SETTING, 1, 40),
        LOOP: rivals.cell_loop(SETTING, 2),
    }


def measured(runs: dict[str, Run], rounds: int) -> dict[str, list[float]]:
    """Return the nanoseconds a time step and trial of every round, by name."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time_ns()
            steps = run()
            times[name].append((time.process_time_ns() - began) / steps)
    return times


def memory() -> float:
    """Return the peak memory in MB of 100 trials at T = 1000, in a process of their own."""
    script = Path(__file__).with_name("memory.py")
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def number(x: float) -> str:
    """Return three digits of a number, with thousands separated."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def main() -> int:
    """Measure, print, write; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure the engine beside its rivals.")
    parser.add_argument("--repeat", type=int, default=5, help=f"times {ROUNDS} rounds")
    parser.add_argument("--check", action="store_true", help="fail if a target is missed")
    given = parser.parse_args()
    torch.set_num_threads(1)
    times = measured(candidates(), max(1, given.repeat) * ROUNDS)
    best = {name: min(each) for name, each in times.items()}
    median = {name: statistics.median(each) for name, each in times.items()}
    peak = memory()
    targets = [
        ("float64 beside nn.LSTM at batch 1", best[LSTM] / best[F64], ">=", 180, " times"),
        ("float32 beside nn.LSTM at batch 1", best[LSTM] / best[F32], ">=", 300, " times"),
        ("float64 beside the LSTMCell loop", best[LOOP] / best[F64], ">=", 4000, " times"),
        ("float32 beside the LSTMCell loop", best[LOOP] / best[F32], ">=", 4000, " times"),
        ("share of random draws, float64", 100 * best[DRAWS] / best[F64], "<=", 25, " %"),
        ("share of random draws, float32", 100 * best[DRAWS] / best[F32], "<=", 25, " %"),
        ("1000 beside 50 symbols, task 2c", best[MANY] / best[FEW], "<=", 1.5, " times"),
        ("peak memory, 100 trials at T = 1000", peak, "<", 300, " MB"),
    ]
    met = [x >= bound if sign == ">=" else x <= bound for _, x, sign, bound, _ in targets]
    variant = Path(library.engine()._name).name
    lines = [
        f"Adding problem, T = {SETTING.T}, one thread, {variant}",
        "",
        "| | ns a step and trial, best | median | times float64's best |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {number(ns)} | {number(median[name])} | {number(ns / best[F64])} |"
            for name, ns in best.items()
        ),
        "",
        "| | measured | target | met |",
        "|---|---:|---:|---|",
        *(
            f"| {what} | {number(x)}{unit} | {sign} {bound:,}{unit} | {['no', 'yes'][ok]} |"
            for (what, x, sign, bound, unit), ok in zip(targets, met, strict=True)
        ),
    ]
    print("\n".join(lines))
    folder = root() / "_build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adding.md").write_text("\n".join(lines) + "\n")
    packages = {name: version(name) for name in ("numpy", "numba", "torch")}
    kept = {
        "nanoseconds": times,
        "targets": [[*target, ok] for target, ok in zip(targets, met, strict=True)],
        "versions": {"python": platform.python_version(), **packages},
        "machine": platform.machine(),
    }
    (folder / "adding.json").write_text(json.dumps(kept, indent=1) + "\n")
    return int(given.check and not all(met))


if __name__ == "__main__":
    sys.exit(main())
