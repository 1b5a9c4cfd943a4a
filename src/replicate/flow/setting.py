"""The parameters of the chapter on gradient flow, with the values that they may have."""

from dataclasses import dataclass

from replicate.settings import Setting, ranged


@dataclass(frozen=True)
class GradientFlow(Setting):
    """What the page is computed from; no trials, so no experiment."""

    n: int = ranged(50, 2, 200)  # units of the random nets
    steps: int = ranged(100, 20, 400)  # how far back errors are followed
    n_nets: int = ranged(5, 1, 20)  # random nets for each size of weights
    gap: int = ranged(30, 2, 60)  # from the symbol to be recalled to the question, steps
    n_runs: int = ranged(50, 10, 200)  # trainings of the latch for each length
    seed: int = ranged(0, 0)  # of all random numbers
