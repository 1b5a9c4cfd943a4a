"""A toy experiment for the tests of records, trials and audit: its trials take no time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.outcome import Outcome
from replicate.settings import Setting, choice, ranged


@dataclass(frozen=True)
class Toy(Setting):
    """Trials whose every number is made from seed and setting."""

    experiment: ClassVar[str] = "toys/toy"
    version: ClassVar[int] = 1
    backends: ClassVar[tuple[str, ...]] = ("torch",)
    trainer: ClassVar[str] = "replicate.tasks.toy"
    smoke: ClassVar[dict[str, Any]] = {"T": 2}

    T: int = ranged(10, 1, 1000)
    word: str = choice("kept", "marked it")
    bias: tuple[float, ...] = (-3.0, -6.0)
    n_weights: int = ranged(93, 1)
    points: int = ranged(64, 0, 64)


def outcome(setting: Any, seed: int) -> Outcome:
    """Return the outcome of a trial."""
    random = np.random.default_rng([seed, setting.T])
    sequences = int(random.integers(1000, 5_000_000))
    ends = np.linspace(sequences / 64, sequences, setting.points).astype(int).tolist()
    return Outcome(
        seed=seed,
        status="capped" if seed % 5 == 4 else "solved",
        sequences=sequences,
        steps=sequences * 105,
        test={
            "sequences": 2560,
            "wrong": int(random.integers(9)),
            "mean_abs_error": random.random(),
        },
        curve=[[end, float(f"{random.random():.4g}"), 1000] for end in ends],
        weights=random.normal(size=setting.n_weights),
        seconds=random.random(),
    )


def walk(setting: Any, seeds: Iterable[int], dtype: str, device: str) -> Iterator[Outcome]:
    """Yield the outcome of each seed."""
    for seed in seeds:
        yield outcome(setting, seed)
