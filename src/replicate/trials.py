"""Run many trials, resume where a run was cut off, and find those that a page needs."""

import json
import os
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from replicate import records
from replicate.errors import MissingTrials, ReplicateError
from replicate.experiments import experiment, matching
from replicate.locks import Claims
from replicate.parallel import in_groups, in_threads, settle
from replicate.progress import Progress
from replicate.records import Record, identity
from replicate.settings import Setting

PRESETS = ("smoke", "book", "paper")
SPAN = re.compile(r"(\d+)(?:-(\d+))?")


def run(
    setting: Setting,
    seeds: Sequence[int],
    *,
    path: Path,
    backend: str | None = None,
    device: str = "cpu",
    threads: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> list[Record]:
    """Return the records of these seeds, in order; compute and append those not in the file.

    Trials that another process is computing into the same file are waited for, and computed
    here should it die. With an executor, ``threads`` says how many groups of trials it is given
    at a time. Raises ``ReplicateError`` if the file cannot be written.
    """
    key = {"backend": _backend(setting, backend), "device": device}
    names = {identity(setting, seed, **key): seed for seed in seeds}
    found = _found(path, names)
    if len(found) < len(names):
        records.writable(path)
        at_once = min(threads or os.cpu_count() or 1, len(names) - len(found))
        title = f"{setting.experiment}: {len(names)} trials, {len(found)} of them there"
        with (
            Claims(path.with_suffix(".lock")) as claims,
            Progress(title, len(names) - len(found), progress) as shown,
        ):
            while left := {n: seed for n, seed in names.items() if n not in found}:
                mine = _claimed(claims, left, path)
                if executor:
                    ended = in_groups(executor, setting, mine, at_once, **key)
                else:
                    ended = in_threads(setting, mine, at_once, **key)
                with closing(ended):
                    for outcome in ended:
                        made = records.record(setting, outcome, **key)
                        records.append(path, made)
                        settle(setting, outcome.seed, **key)
                        claims.release(made["identity"])
                        shown.ended(outcome.status)
                found = _found(path, names)
                shown.elsewhere(len(names) - len(found))
    return [found[name] for name in names]


def _found(path: Path, names: Collection[str]) -> dict[str, Record]:
    return {r["identity"]: r for r in records.read(path) if r["identity"] in names}


def _claimed(claims: Claims, left: dict[str, int], path: Path) -> Iterator[int]:
    """Yield the seeds that no other process computes or has just recorded."""
    for name, seed in left.items():
        if claims.take(name):
            if records.holds(path, name):
                claims.release(name)
            else:
                yield seed


def gather(
    setting: Setting,
    n_trials: int,
    *,
    seed: int = 0,
    strict: bool,
    fresh: bool = False,
    backend: str | None = None,
    device: str = "cpu",
    **how: Any,
) -> list[Record]:
    """Return the records of ``n_trials`` seeds from ``seed`` on, in order.

    Published records come first, unless ``fresh``; then the overlay's; the others are computed
    into the overlay, ``how`` saying how (see ``run``). With ``strict`` only published records
    count: raises ``MissingTrials``, naming the command, if one is missing.
    """
    if n_trials < 1 or seed < 0:
        raise ReplicateError(f"n_trials = {n_trials}, seed = {seed}: give at least 1 and 0")
    wanted = range(seed, seed + n_trials)
    return _gathered(setting, wanted, strict, fresh, backend, device, how)


def _gathered(
    setting: Setting, wanted: Sequence[int], strict: bool, fresh: bool,
    backend: str | None, device: str, how: dict[str, Any],
) -> list[Record]:  # fmt: skip
    backend = _backend(setting, backend)
    found = records.load(
        setting, recorded=not fresh, overlay=not strict, backend=backend, device=device
    )
    missing = [seed for seed in wanted if seed not in found]
    if missing and strict:
        raise MissingTrials(
            f"{setting.experiment}: {len(missing)} of {len(wanted)} trials are not recorded; "
            f"run: {command(setting, missing, backend=backend, device=device)}"
        )
    if missing:
        path = records.overlay_path(setting.experiment)
        made = run(setting, missing, path=path, backend=backend, device=device, **how)
        found |= {r["seed"]: r for r in made}
    return [found[seed] for seed in wanted]


def run_experiment(
    name: str,
    seeds: Sequence[int] | None = None,
    values: dict[str, Any] | None = None,
    preset: str = "book",
    *,
    record: bool = False,
    backend: str | None = None,
    device: str = "cpu",
    **how: Any,
) -> list[Record]:
    """Return the records of an experiment, or of all of a paper's, computing what is missing.

    Without ``seeds`` these are the trials that the book needs. ``values`` are changes to the
    setting. ``smoke`` takes the tiny setting of the tests, ``paper`` ignores published records.
    With ``record`` the trials are published in ``data/runs``, else kept in the overlay.
    """
    if preset not in PRESETS:
        raise ReplicateError(f"no preset {preset!r}; there are {', '.join(PRESETS)}")
    if values and seeds is None:
        raise ReplicateError("a changed setting is not the book's: say which --trials")
    made = []
    for each in matching(name):
        for setting, wanted in _planned(each, seeds, values or {}, preset):
            if record:
                path = records.recorded_path(each)
                made += run(setting, wanted, path=path, backend=backend, device=device, **how)
            else:
                fresh = preset == "paper"
                made += _gathered(setting, wanted, False, fresh, backend, device, how)
    return made


def _planned(
    name: str, wanted: Sequence[int] | None, values: dict[str, Any], preset: str
) -> list[tuple[Setting, Sequence[int]]]:
    kind = experiment(name)
    smoke = kind.smoke if preset == "smoke" else {}
    if wanted is not None or preset == "smoke":
        return [(kind.of({**smoke, **values}), range(2) if wanted is None else wanted)]
    from replicate.papers import plan

    return [(setting, range(n)) for setting, n in plan(name)]


def _backend(setting: Setting, backend: str | None) -> str:
    if backend and backend not in setting.backends:
        allowed = ", ".join(setting.backends)
        raise ReplicateError(f"{setting.experiment} has no backend {backend!r}; give {allowed}")
    return backend or setting.backends[0]


def command(
    setting: Setting,
    wanted: Sequence[int],
    *,
    record: bool = True,
    backend: str | None = None,
    device: str = "cpu",
) -> str:
    """Return the command line that computes these trials."""
    words = ["replicate", "run", setting.experiment, "--trials", spans(wanted)]
    for name, value in setting.changes().items():
        words += ["-p", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    if backend and backend != setting.backends[0]:
        words += ["--backend", backend]
    if device != "cpu":
        words += ["--device", device]
    return shlex.join(words + ["--record"] * record)


def spans(wanted: Sequence[int]) -> str:
    """Return seeds in short, as ``0-2,7``."""
    runs = groupby(enumerate(sorted(set(wanted))), key=lambda pair: pair[1] - pair[0])
    ends = [[seed for _, seed in run] for _, run in runs]
    return ",".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else f"{s[0]}" for s in ends)


def seeds(text: str) -> list[int]:
    """Return the seeds that a text such as ``0-2,7`` names; ``ReplicateError`` if none."""
    found: list[int] = []
    for span in text.split(","):
        match = SPAN.fullmatch(span.strip())
        first, last = (int(n or match[1]) for n in match.groups()) if match else (0, -1)
        if last < first:
            raise ReplicateError(f"--trials {text}: give seeds such as 0-99 or 3,5,8-11")
        found += range(first, last + 1)
    return found
