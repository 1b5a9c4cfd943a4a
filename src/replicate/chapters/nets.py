"""The final weights of recorded trials, also of those whose record had no room for them."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from replicate import records
from replicate.experiments import experiment
from replicate.outcome import weights_digest
from replicate.parallel import in_threads
from replicate.record import ELIDED, Record

THREADS = 2


def weights(trials: Sequence[Record]) -> list[np.ndarray]:
    """Return each trial's (weight,) float64; trains those anew whose record has a digest only.

    Raises ``ValueError`` if a trial comes out with other weights than those recorded.
    """
    found = {r["identity"]: records.weights(r) for r in trials}
    elided = [r for r in trials if found[r["identity"]] is None]
    for key, of in groupby(sorted(elided, key=_key), key=_key):
        same = {r["seed"]: r for r in of}
        _, _, backend, device = key
        (some, *_) = same.values()
        setting = experiment(some["experiment"]).recorded(some["setting"])
        for outcome in in_threads(setting, same, THREADS, backend=backend, device=device):
            trial = same[outcome.seed]
            if trial["weights"] != ELIDED + weights_digest(outcome.weights):
                raise ValueError(f"trial {outcome.seed} of {setting} came out otherwise")
            found[trial["identity"]] = outcome.weights
    return [w for r in trials if (w := found[r["identity"]]) is not None]


def _key(trial: Record) -> tuple[str, str, str, str]:
    setting = experiment(trial["experiment"]).recorded(trial["setting"])
    return trial["experiment"], setting.canonical(), trial["backend"], trial["device"]
