"""What a record is: all that one trial depends on, and all that came out of it, as plain JSON.

A record's identity says which trial it is; everything but ``seconds``, ``date``, ``commit``,
``dirty`` and ``versions`` follows from it.
"""

import base64
import hashlib
import json
from typing import Any

import numpy as np

from replicate.errors import ReplicateError
from replicate.experiments import experiment, experiments
from replicate.outcome import Outcome, digest, weights_digest
from replicate.provenance import provenance
from replicate.settings import Setting

Record = dict[str, Any]

BODY = 2600
"""Bytes of a record besides its provenance, which needs at most 400: a line is within 3 kB."""
FEWEST_POINTS = 16
"""Points that a curve keeps, whatever room the weights need."""
KEY = ("setting", "seed", "backend", "dtype", "device", "version")
"""What an identity is made from, after the experiment's name."""
ELIDED = "sha256:"
"""What stands before the digest of weights that have no room in a line."""


def identity(
    setting: Setting,
    seed: int,
    backend: str = "engine",
    device: str = "cpu",
) -> str:
    """Return which trial this is: 16 hex digits made from everything that it depends on.

    A field whose value is the one that it had before it existed is left out, so that the
    records made before keep their identity.
    """
    key = (setting.values(), seed, backend, setting.dtype, device, setting.version)
    return _identity(setting.before, setting.experiment, *key)


def _identity(before: dict[str, Any], name: str, values: dict[str, Any], *others: Any) -> str:
    newer = json.loads(json.dumps(before))
    old = {k: v for k, v in values.items() if k not in newer or v != newer[k]}
    return hashlib.sha256(line([name, old, *others])).hexdigest()[:16]


def line(value: Any) -> bytes:
    """Return a value as one line of canonical JSON: sorted keys, shortest exact numbers."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def record(setting: Setting, outcome: Outcome, backend: str, device: str) -> Record:
    """Return the record of a trial.

    Where its line would exceed 3 kB, the curve gives way first, down to a point where it still
    has a shape; then the weights, of which only the digest stays.
    """
    curve = outcome.curve
    made: Record = {
        "experiment": setting.experiment,
        "setting": setting.values(),
        "seed": int(outcome.seed),
        "backend": backend,
        "dtype": setting.dtype,
        "device": device,
        "version": setting.version,
        "identity": identity(setting, outcome.seed, backend, device),
        "outcome": {
            "status": outcome.status,
            "sequences": int(outcome.sequences),
            "steps": int(outcome.steps),
            "test": outcome.test,
            "curve": curve,
        },
        "weights": base64.b64encode(np.asarray(outcome.weights, "<f8").tobytes()).decode(),
        "digest": digest(outcome),
        "replay": "exact" if backend == "engine" else "within",
    }
    while len(line(made)) > BODY:
        if len(curve) > FEWEST_POINTS:
            made["outcome"]["curve"] = curve = outcome.thinner(curve)
        else:
            made["weights"] = ELIDED + weights_digest(outcome.weights)
            break
    return made | {"seconds": round(outcome.seconds, 3)} | provenance(backend)


def outcome(record: Record) -> Outcome:
    """Return the outcome that a record holds; its weights are empty if they had no room."""
    held = weights(record)
    return Outcome(
        seed=record["seed"],
        weights=np.empty(0) if held is None else held,
        seconds=record["seconds"],
        **record["outcome"],
    )


def weights(record: Record) -> np.ndarray | None:
    """Return the final weights of a record, (weight,) float64, or None if they had no room."""
    if record["weights"].startswith(ELIDED):
        return None
    return np.frombuffer(base64.b64decode(record["weights"], validate=True), "<f8")


def verify(record: Record) -> None:
    """Raise ``ReplicateError`` if a record's identity or digest is not that of its content."""
    try:
        name, key = record["experiment"], [record[k] for k in KEY]
        known = experiments().get(name)
        named = _identity(known.before if known else {}, name, *key)
        elided = record["weights"].startswith(ELIDED)
        of_weights = record["weights"].removeprefix(ELIDED) if elided else None
        computed = digest(outcome(record), of_weights)
        wrong = [k for k, v in (("identity", named), ("digest", computed)) if record[k] != v]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReplicateError(f"not a whole record: {error!r}") from None
    if wrong:
        is_not = " and ".join(f"the {k} is" for k in wrong)
        raise ReplicateError(
            f"seed {record['seed']}: {is_not} not that of what the record says"
        )


def differences(one: Record, other: Record) -> list[str]:
    """Return in what two records of a trial differ, provenance aside; [] if they are equal.

    Records replayed ``within`` tolerances must agree in status, and each number that the
    setting class names in ``factors`` must be within that factor of its twin.
    """
    if one["replay"] == other["replay"] == "within":
        return _beyond(one, other)
    names = ("identity", "replay", "digest", "weights")
    found = [name for name in names if one[name] != other[name]]
    a, b = one["outcome"], other["outcome"]
    return found + [f"outcome.{name}" for name in a if a[name] != b.get(name)]


def _beyond(one: Record, other: Record) -> list[str]:
    a, b = (r["outcome"]["test"] | r["outcome"] for r in (one, other))
    found = ["status"] if a["status"] != b["status"] else []
    for name, factor in experiment(one["experiment"]).factors.items():
        held = [r[name] for r in (a, b) if name in r]  # a trial that diverged has no numbers
        if len(held) == 1 or (held and max(held) > factor * min(held)):
            found.append(f"{name} by more than {factor} times")
    return found
