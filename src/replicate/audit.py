"""The audit: whether recorded trials are what their settings and seeds give.

Every record must have the identity and the digest of its content, and stand once, in the file
of its experiment. A random sample is computed again: ``exact`` records must come out equal,
``within`` records within the factors that their setting class states.
"""

import os
import random
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from replicate.errors import ReplicateError, SettingError
from replicate.experiments import experiments, matching
from replicate.parallel import in_threads
from replicate.progress import Progress
from replicate.records import Record, differences, read, record, verify
from replicate.root import root
from replicate.settings import Setting

Key = tuple[Setting, str, str]  # setting, backend, device


def audit(
    sample: int = 20,
    experiment: str | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: bool = True,
    folder: Path | None = None,
    max_seconds: float | None = None,
) -> bool:
    """Check all records below a folder (``data/runs``), replay a sample, print what was found.

    ``experiment`` is a name or a paper's prefix. Without a ``seed`` one is drawn and printed.
    With ``max_seconds`` only trials that took no longer are drawn.
    Returns whether everything was as recorded.
    """
    folder = folder or root() / "data" / "runs"
    names = matching(experiment) if experiment else None
    held = [
        (r, f"{path.relative_to(folder).as_posix()}:{i}")
        for path in sorted(folder.rglob("*.jsonl"))
        if names is None or path.relative_to(folder).with_suffix("").as_posix() in names
        for i, r in enumerate(read(path), start=1)
    ]
    spoilt = problems(held)
    for text in spoilt:
        print(text)
    current = [
        (key, r)
        for r, _ in held
        if (max_seconds is None or r["seconds"] <= max_seconds) and (key := replayable(r))
    ]
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    drawn = random.Random(seed).sample(current, min(sample, len(current)))
    differing = sum(replay(drawn, threads, progress))
    print(
        f"{len(held)} records verified, {len(spoilt)} spoilt; {len(drawn)} of {len(current)} "
        f"that can be replayed here were replayed (--seed {seed}), {differing} of them differ"
    )
    return not spoilt and not differing


def problems(held: Iterable[tuple[Record, str]]) -> list[str]:
    """Return what is wrong with records, given with their places, in themselves."""
    found = []
    first: dict[str, str] = {}
    for r, place in held:
        try:
            verify(r)
        except ReplicateError as error:
            found.append(f"{place}: {error}")
        if not place.startswith(f"{r['experiment']}.jsonl:"):
            found.append(f"{place}: a trial of {r['experiment']} has no place here")
        if first.setdefault(r["identity"], place) != place:
            found.append(f"{place}: the trial of {first[r['identity']]} once more")
    return found


def replayable(r: Record) -> Key | None:
    """Return what a trial needs besides its seed.

    None where this version has other trials, and where a device or a text is not here.
    """
    kind = experiments().get(r["experiment"])
    if kind is None or r["version"] != kind.version or not available(r["device"]):
        return None
    try:
        setting = kind.recorded(r["setting"])
    except SettingError:
        return None
    return (setting, r["backend"], r["device"]) if setting.possible() else None


def available(device: str) -> bool:
    """Return whether this machine has such a device."""
    if device == "cpu":
        return True
    import torch

    return torch.cuda.is_available()


def replay(
    drawn: Iterable[tuple[Key, Record]], threads: int | None, progress: bool
) -> list[bool]:
    """Compute trials again and print each beside its record; return which of them differ."""
    found = []
    ordered = sorted(drawn, key=_order)
    width = max((len(title(setting)) for (setting, *_), _ in ordered), default=0)
    for _, group in groupby(ordered, key=_order):
        items = list(group)
        (setting, backend, device), _ = items[0]
        recorded = {r["seed"]: r for _, r in items}
        how: dict[str, Any] = {"backend": backend, "device": device}
        at_once = min(threads or os.cpu_count() or 1, len(items))
        with Progress(f"replaying {len(items)} trials", len(items), progress) as shown:
            again = {}
            for outcome in in_threads(setting, recorded, at_once, **how):
                again[outcome.seed] = record(setting, outcome, **how)
                shown.ended(outcome.status)
        for seed in sorted(recorded):
            beyond = differences(recorded[seed], again[seed])
            print(f"{title(setting):<{width}}  {row(recorded[seed], again[seed], beyond)}")
            found.append(bool(beyond))
    return found


def title(setting: Setting) -> str:
    """Return an experiment's name and what of its setting is not usual."""
    changed = [f"{k}={v}" for k, v in setting.changes().items()]
    return " ".join([setting.experiment, *changed])


def row(recorded: Record, again: Record, beyond: list[str]) -> str:
    """Return which trial it is, what was recorded, and how it came out again."""
    was, now = (
        f"{r['outcome']['status']} {r['outcome']['sequences']:,}" for r in (recorded, again)
    )
    if beyond:
        verdict = f"DIFFERS in {', '.join(beyond)}: now {now}"
    else:
        verdict = "equal" if recorded["replay"] == "exact" else f"within tolerance: now {now}"
    return f"seed {recorded['seed']:>4}  {was:>18}  {verdict}"


def _order(item: tuple[Key, Record]) -> tuple[str, ...]:
    (setting, *others), _ = item
    return (setting.experiment, setting.canonical(), *others)
