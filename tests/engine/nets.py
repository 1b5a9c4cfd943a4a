"""Nets that the engine's tests share."""

from replicate.engine.lanes import Lanes
from replicate.tasks.adding import Adding
from replicate.topology import Mark, Stopping


def streak(tolerance, mean_below, length, cap=5_000_000, n_test=2560):
    """Return the rule that ends training after some correct sequences in a row."""
    mark = Mark(mean_below=mean_below)
    return Stopping(tolerance, length, (mark,), cap=cap, n_test=n_test)


NEVER = streak(tolerance=0.1, mean_below=0.0, length=10, cap=10**6)
QUICK = Adding(
    T=20, tolerance=0.35, mean_below=0.12, streak=40, cap=5000, n_test=64,
    learning_rate=4.0, weight_range=0.5, input_gate_bias=(-1.0, -2.0),
)  # fmt: skip
"""A setting of the adding problem that is solved within some 2000 sequences."""
NET = QUICK.topology()


def loaded(topology, update, weights, stopping=NEVER):
    """Return an engine whose first lanes have these weights, (lane, weight)."""
    made = Lanes(topology, update, stopping)
    for lane, row in enumerate(weights):
        made.load(lane, row)
    return made
