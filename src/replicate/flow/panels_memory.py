"""What the chapter draws of memory: the latch, the cliff, the carousel, nets after training."""

from collections.abc import Mapping, Sequence

import numpy as np

from replicate import intervals
from replicate.engine import draws
from replicate.figures.charts import Band
from replicate.figures.lines import Panel
from replicate.flow import carousel, cliff, lags, latch, latch_training
from replicate.topology import Topology

LATCHES = (1.05, 1.1, 1.25, 1.5, 2.0, 3.0)


def dilemma() -> dict[str, Panel]:
    """Return what a latch withstands, and what it leaves of an error in a step, against w."""
    w = np.linspace(0.6, 3, 121)
    marks = np.array(LATCHES)
    held, kept = (
        {"drawn": (w, [of(x) for x in w]), "in the table": (marks, [of(x) for x in marks])}
        for of in (latch.threshold, latch.factor)
    )
    begins = {"a bit can be held": 1.0}
    return {
        "Noise that cannot turn the bit": Panel(
            "|x| below", {"threshold": held["drawn"]}, moments=begins,
            points={"six latches": held["in the table"]},
        ),
        "What a step leaves of an error": Panel(
            "w (1 − h*²)", {"factor": kept["drawn"]}, {"nothing lost": 1.0},
            points={"six latches": kept["in the table"]},
        ),
    }  # fmt: skip


def noisy(noise: float, steps: int, seed: int, weights: Sequence[float]) -> dict[str, Panel]:
    """Return states of latches under the same bounded noise, and what is left of errors."""
    x = draws.uniform(seed, "test", 0, 1, 0, steps, -noise, noise)[0]
    t = np.arange(1, steps + 1)
    states = {f"w = {w:g}": latch.hold(w, x, latch.rest(w)) for w in weights}
    flows = {f"w = {w:g}": (t, latch.flow(w, states[f"w = {w:g}"])) for w in weights}
    return {
        "The bit": Panel(
            "h(t)", {name: (t, h) for name, h in states.items()}, {"the bit turns": 0.0}
        ),
        "The error": Panel("ln |dh(t)/dh(0)|", flows, {"nothing lost": 0.0}),
    }


def latch_success(
    starts: Sequence[float], lengths: Sequence[int], noise: float, runs: int, seed: int
) -> dict[str, Panel]:
    """Return the share of latches that learned, with 95 % intervals, against the length."""
    lines = {}
    for w in starts:
        shares, ends = [], []
        for length in lengths:
            k = int(latch_training.train(w, length, noise, runs, seed).right.sum())
            shares.append(k / runs)
            ends.append(intervals.wilson(k, runs))
        low, high = np.array(ends).T
        lines[f"w starts at {w:g}"] = Band(np.array(lengths), np.array(shares), low, high)
    return {f"{runs} trainings a point": Panel("share that learned", lines)}


def bifurcation(w: float = 5.0) -> dict[str, Panel]:
    """Return where the logistic unit rests, against b, with the two folds."""
    (low, _), (high, _) = folds = cliff.folds(w)
    parts = {
        "stable, below": np.linspace(low - 2.2, low, 60),
        "unstable": np.linspace(low, high, 60),
        "stable, above": np.linspace(high, high + 2.2, 60),
    }
    return {
        f"w = {w:g}": Panel(
            "x at rest",
            {name: (cliff.at_rest(w, x), x) for name, x in parts.items()},
            points={"fold": ([b for _, b in folds], [x for x, _ in folds])},
        )
    }


def cliff_cut(w: float = 5.0, points: int = 400) -> dict[str, Panel]:
    """Return the error of ``cliff`` and the size of its gradient along b."""
    near = np.geomspace(1e-10, 1, points // 2)  # the wall is thin: look closer and closer
    wall = cliff.wall(w)
    b = np.concatenate([wall - near[::-1], wall + near])
    size = np.linalg.norm(cliff.gradient(np.full_like(b, w), b), axis=0)
    return {
        f"The error, w = {w:g}": Panel("E", {"E": (b, cliff.error(np.full_like(b, w), b))}),
        "Its gradient": Panel("length", {"length": (b, size)}, ylog=True),
    }


def gates(biases: Sequence[float], steps: int) -> dict[str, Panel]:
    """Return ln σ(bias)^q against q, one line a bias, and the carousel's 0."""
    q = np.arange(1, steps + 1)
    lines = {f"bias {b:g}": (q, q * carousel.log_gate(b)) for b in biases}
    return {
        "A cell with a forget gate": Panel(
            "ln ds(t)/ds(t−q)", {**lines, "carousel": (q, np.zeros(steps))}
        )
    }


def whole_gradient(
    topology: Topology, ranges: Sequence[float], steps: int, seed: int
) -> dict[str, Panel]:
    """Return ln of ``cell_flow`` of the 1997 net, truncated and whole, by size of weights."""
    x = draws.uniform(seed, "training", 0, steps, 0, topology.n_in, -1, 1)
    q = np.arange(1, steps + 1)
    lines = {}
    for r in ranges:
        w = draws.uniform(seed, "weights", 0, 1, 0, topology.n_weights, -r, r)[0]
        lines[f"whole, ±{r:g}"] = (q, np.log(carousel.cell_flow(topology, w, x, False)))
    flat = np.log(carousel.cell_flow(topology, w, x, True))
    return {
        "The cells of 1997, random weights": Panel(
            "ln ds(T)/ds(T−q)", {**lines, "truncated": (q, flat)}
        )
    }


def learned(gap: int, seed: int) -> tuple[dict[str, Panel], Mapping[str, lags.Learned]]:
    """Return ln of errors by age over that of age 0, and what each net learned."""
    found = {net: lags.learn(net, gap, seed) for net in lags.NETS}
    age = np.arange(gap + 1)
    panels = {}
    for title, when in (("Before training", "before"), ("After training", "after")):
        errors = {net: getattr(of, when) for net, of in found.items()}
        lines = {net: (age, np.log(e / e[0])) for net, e in errors.items()}
        lines["as at the end"] = (age, np.zeros(gap + 1))
        panels[title] = Panel("ln of the error", lines)
    return panels, found
