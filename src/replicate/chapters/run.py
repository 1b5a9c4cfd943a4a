"""What one run of a chapter computes: its settings, the paper's beside them, and its trials."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from replicate import papers, records, trials, verdicts
from replicate.claim import Claim, Variant
from replicate.errors import MissingTrials
from replicate.records import Record
from replicate.settings import Setting
from replicate.verdicts import Verdict

Found = dict[Setting, list[Record]]


@dataclass(frozen=True)
class Run:
    """One run of a chapter; ``beside`` maps each setting of ours to the paper's nearest."""

    claims: list[Claim]
    readings: list[Variant]
    beside: dict[Setting, Setting]
    n_trials: int | None
    seed: int
    preset: str
    device: str
    strict: bool  # only published trials count: this is the book's own run
    given: Mapping[str, Any] = field(default_factory=dict)  # what a reader changes

    @classmethod
    def of(
        cls,
        prefix: str,
        given: Mapping[str, Any],
        preset: str = "book",
        n_trials: int | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> "Run":
        """Return the run that a chapter's parameters ask for; a value of None is not given.

        ``prefix`` says which claims the chapter is about; the first of them with trials is its
        headline. With nothing given the settings are theirs, else one: the nearest, changed.
        """
        known = papers.claims(prefix)
        theirs = list(dict.fromkeys(c.setting for c in known if c.trials_required))
        values = {name: value for name, value in given.items() if value is not None}
        beside = {setting: setting for setting in theirs}
        if values or preset == "smoke":
            near = min(theirs, key=lambda setting: _distance(setting, values))
            small = theirs[0].smoke if preset == "smoke" else {}
            beside = {replace(near, **{**small, **values}): near}
        as_published = not values and (n_trials, seed, device) == (None, 0, "cpu")
        return cls(
            claims=known,
            readings=papers.readings(prefix),
            beside=beside,
            n_trials=n_trials,
            seed=seed,
            preset=preset,
            device=_device(device),
            strict=as_published and preset == "book",
            given=values,
        )

    def trials(self) -> Found:
        """Return the trials of each setting of this run, computing what may be computed."""
        how: dict[str, Any] = {"seed": self.seed, "device": self.device, "strict": self.strict}
        how |= {"fresh": self.preset == "paper"}
        how |= {"backend": "torch"} if self.device == "cuda" else {}
        numbers = {s: self._number(s, paper) for s, paper in self.beside.items()}
        return {setting: trials.gather(setting, n, **how) for setting, n in numbers.items()}

    def _number(self, setting: Setting, paper: Setting) -> int:
        """Return how many trials: as asked, as the book's, else as the paper's."""
        if self.n_trials or self.preset == "smoke":
            return self.n_trials or 2
        behind = next(c.trials for c in self.claims if c.setting == paper) or 10
        asked = dict(papers.plan(setting.experiment)).get(setting, behind)
        return max(asked, recorded(setting)) if self.strict else asked

    def published(self, setting: Setting, n_trials: int) -> list[Record]:
        """Return the book's trials of a setting; tiny ones for a smoke test.

        What is given replaces what makes those tiny. Where they are missing there are none, but
        for the book itself, which must not go without: raises ``MissingTrials``.
        """
        if self.preset == "smoke":
            tiny = {name: self.given.get(name, v) for name, v in setting.smoke.items()}
            return trials.gather(replace(setting, **tiny), 2, strict=False)
        try:
            return trials.gather(setting, max(n_trials, recorded(setting)), strict=True)
        except MissingTrials:
            if self.strict:
                raise
            return []

    def judged(self, found: Found) -> list[Verdict]:
        """Return the verdict on each claim that has trials, by the trials of this run."""
        return [
            self.judge(claim, setting, found[setting])
            for setting, paper in self.beside.items()
            for claim in self.claims
            if claim.setting == paper and claim.trials_required
        ]

    def judge(self, claim: Claim, setting: Setting, outcomes: list[Record]) -> Verdict:
        """Return the verdict on a claim by trials of a setting that may not be the paper's.

        If it is not, a pair of settings has no number: the other one is as it was.
        """
        other = self.published(claim.other, claim.trials_required) if claim.other else []
        verdict = verdicts.judge(replace(claim, setting=setting), outcomes, other)
        theirs = [c.setting for c in self.claims] + [r.setting for r in self.readings]
        if _in_double(setting) in map(_in_double, theirs):
            return verdict
        beside = self.title(claim.setting)
        if claim.other:
            verdict = replace(verdict, ours=None, low=None, high=None)
        why = f"the paper has no such trials; beside them stand those with {beside}"
        return verdicts.unjudged(verdict, verdicts.NOT_COMPARABLE, why)

    def title(self, setting: Setting) -> str:
        """Return what sets a setting apart: as its claims say, else by values.

        By values: the first that the paper varies, then all that are not the default's.
        """
        known = _titles([c for c in self.claims if c.kind not in ("structure", "quoted")])
        if setting in known:
            return known[setting]
        theirs = list(known)
        varied = [name for other in theirs for name in changes(other, theirs[0])][:1]
        return _listed(
            {name: setting.values()[name] for name in varied} | changes(setting)
        ) or str(known[theirs[0]])

    def numbers(
        self, found: Found, names: Mapping[str, str], unsolved: bool = False
    ) -> dict[str, float]:
        """Return the numbers that a rerun sets beside the book's, by label.

        ``names`` are measures of a trial's test, by what they are called; over solved trials,
        or with ``unsolved`` over all but those that diverged.
        """
        told: dict[str, float] = {}
        for setting, paper in self.beside.items():
            ends = [r["outcome"] for r in found[setting]]
            solved = [o for o in ends if o["status"] == "solved"]
            tested = [o for o in ends if o["status"] != "diverged"] if unsolved else solved
            measured = {"solved trials, %": [100.0 * len(solved) / len(ends)]}
            measured["sequences until solved, mean"] = [o["sequences"] for o in solved]
            for name, measure in names.items():
                measured[f"{name}, mean"] = [o["test"][measure] for o in tested]
            there = f"book: {self.title(paper)}"
            told |= {f"{n} ({there})": float(np.mean(x)) for n, x in measured.items() if x}
        return told


def _titles(claims: Iterable[Claim]) -> dict[Setting, str]:
    """Return what the claims on each setting call it; one called as another is told apart."""
    called: dict[str, Setting] = {}
    titles: dict[Setting, str] = {}
    for c in claims:
        if c.setting not in titles:
            title = c.quantity.partition(", ")[2] or c.title
            apart = changes(c.setting, called.setdefault(title, c.setting))
            titles[c.setting] = ", ".join(filter(None, [title, _listed(apart)]))
    return titles


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def changes(setting: Setting, other: Setting | None = None) -> dict[str, Any]:
    """Return where a setting differs from another, the default; precision aside."""
    return {name: v for name, v in setting.changes(other).items() if name != "dtype"}


def recorded(setting: Setting) -> int:
    """Return how many trials of a setting are published: seeds 0, 1, … without a gap."""
    return len(records.published(setting))


def _device(device: str) -> str:
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _distance(setting: Setting, given: Mapping[str, Any]) -> float:
    """Return how far a setting is from given values; numbers by their ratio."""
    total = 0.0
    for name, value in given.items():
        own = getattr(setting, name)
        if isinstance(value, int | float) and value > 0 and own > 0:
            total += abs(math.log(value / own))
        else:
            total += own != value
    return total


def _in_double(setting: Setting) -> Setting:
    return setting if setting.dtype == "float64" else replace(setting, dtype="float64")
