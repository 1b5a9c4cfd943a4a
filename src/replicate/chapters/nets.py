"""The final weights of recorded trials, also of those whose record had no room for them."""

import os
from collections.abc import Sequence

import numpy as np

from replicate import records
from replicate.experiments import setting_of
from replicate.outcome import weights_digest
from replicate.parallel import in_threads
from replicate.record import ELIDED, Record
from replicate.settings import Setting


def weights(trials: Sequence[Record]) -> list[np.ndarray]:
    """Return each trial's (weight,) float64; trains those anew whose record has a digest only.

    Raises ``ValueError`` if a trial comes out with other weights than those recorded.
    """
    found = {r["identity"]: records.weights(r) for r in trials}
    anew: dict[tuple[Setting, str, str], dict[int, Record]] = {}
    for r in trials:
        if found[r["identity"]] is None:
            key = setting_of(r), r["backend"], r["device"]
            anew.setdefault(key, {})[r["seed"]] = r
    for (setting, backend, device), of in anew.items():
        threads = min(os.cpu_count() or 1, len(of))
        for outcome in in_threads(setting, of, threads, backend=backend, device=device):
            trial = of[outcome.seed]
            if trial["weights"] != ELIDED + weights_digest(outcome.weights):
                raise ValueError(f"trial {outcome.seed} of {setting} came out otherwise")
            found[trial["identity"]] = outcome.weights
    return [w for r in trials if (w := found[r["identity"]]) is not None]
