"""Verdicts: what our trials say of a claim; pure functions of the claim and the records.

A criterion is a range for our number. A share of trials is at most 10 points below the paper's;
a mean number of sequences, an error or a small count is at most 1.5 times the paper's; the
difference of an order, paired by seed, has the sign claimed; a ratio, likewise paired, is at
most the limit that the claim argues; a structure is equal. A claim is reproduced if our whole
95 % interval lies in the range, not reproduced if all of it lies outside. Means are over solved
trials, as in the papers, so they stand only if the solved share does.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from replicate.claim import ENDINGS, MEANS, PAIRED, STRUCTURE, Claim
from replicate.errors import ReplicateError
from replicate.intervals import (
    Interval,
    Mask,
    Plan,
    Vector,
    as_far,
    mean_plan,
    share_plan,
    student_plan,
    wilson,
)

REPRODUCED, UNDECIDED, NOT_REPRODUCED = "reproduced", "undecided", "not reproduced"
QUOTED, NOT_COMPARABLE, NOT_RUN = "quoted", "not comparable", "not run"
VERDICTS = (REPRODUCED, NOT_REPRODUCED, UNDECIDED, QUOTED, NOT_COMPARABLE, NOT_RUN)
SEVERITY = (REPRODUCED, UNDECIDED, NOT_REPRODUCED)

POINTS, FACTOR, FASTER = 0.10, 1.5, 2 / 3
MOST_TRIALS = 10**7  # more than these are not worth naming

Record = Mapping[str, Any]
Outcomes = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """A claim judged; ``ours`` is our number, ``low`` to ``high`` its 95 % interval."""

    claim: Claim
    verdict: str
    ours: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0  # trials; pairs of an order or a ratio
    n_solved: int = 0
    solved_low: float | None = None
    solved_high: float | None = None
    solved_verdict: str | None = None  # on the solved share behind a mean
    median: float | None = None  # of sequences, over all trials
    median_capped: bool = False  # the median is above the number given
    as_far: float | None = None
    as_far_at_most: bool = False  # capped trials leave only an upper bound
    more_trials: int | None = None  # would decide it
    faster: bool = False
    why: str = ""

    @property
    def solved(self) -> float | None:
        """Fraction of our trials that are solved."""
        return self.n_solved / self.n if self.n else None


def judge(claim: Claim, records: Iterable[Record], others: Iterable[Record] = ()) -> Verdict:
    """Return the verdict on a claim by the records of its setting.

    An order or a ratio also takes ``others``, the records of ``claim.other``. Raises
    ``ReplicateError`` if the trials do not tell what the claim measures.
    """
    if claim.kind == "structure":
        verdict = _structure(claim)
    else:
        verdict = _by_trials(claim, _by_seed(records), _by_seed(others))
    if claim.kind == "quoted":
        return unjudged(verdict, QUOTED, claim.because or claim.text)
    return unjudged(verdict, NOT_COMPARABLE, claim.because) if claim.recalled else verdict


def unjudged(verdict: Verdict, instead: str, why: str) -> Verdict:
    """Return a verdict of which only our number is left, beside the paper's."""
    return replace(verdict, verdict=instead, more_trials=None, solved_verdict=None, why=why)


def criterion(claim: Claim) -> Interval:
    """Return the range that our number must lie in, both ends included."""
    value = claim.value or 0.0
    if claim.kind == "share":
        return (value - POINTS if claim.limit is None else claim.limit), math.inf
    if claim.kind in (*MEANS, "ratio"):
        return -math.inf, (value * FACTOR if claim.limit is None else claim.limit)
    if claim.kind == "order":
        return math.ulp(0.0), math.inf
    return value, value


def _structure(claim: Claim) -> Verdict:
    ours = float(STRUCTURE[claim.measure](claim.setting))
    verdict = REPRODUCED if ours == claim.value else NOT_REPRODUCED
    return Verdict(claim, verdict, ours, ours, ours)


def _by_trials(claim: Claim, ours: dict[int, Record], theirs: dict[int, Record]) -> Verdict:
    pairs = [
        (ours[s], theirs.get(s, {})) for s in ours if s in theirs or claim.kind not in PAIRED
    ]
    if not pairs:
        why = "no trial is recorded" if claim.trials_required else claim.because
        return Verdict(claim, NOT_RUN, why=why)
    outcomes, others = [mine for mine, _ in pairs], [other for _, other in pairs]
    if claim.kind in PAIRED:
        return (_order if claim.kind == "order" else _ratio)(claim, outcomes, others)
    return _share(claim, outcomes) if claim.kind == "share" else _mean(claim, outcomes)


def _share(claim: Claim, outcomes: Outcomes) -> Verdict:
    if claim.measure in ENDINGS:
        met = _solved(claim, outcomes) == (claim.measure == "solved")
    else:
        x = _numbers(claim, outcomes)  # nan lies in no range
        low = -math.inf if claim.low is None else claim.low
        high = math.inf if claim.high is None else claim.high
        met = (low <= x) & (x <= high)
    share = float(met.mean())
    return _beside(_verdict(claim, outcomes, share, share_plan(share)), met.astype(float))


def _mean(claim: Claim, outcomes: Outcomes) -> Verdict:
    solved, count = _solved(claim, outcomes), claim.kind == "count"
    values = _numbers(claim, outcomes)[solved]
    ours = float(values.mean()) if len(values) else None
    verdict = _verdict(claim, outcomes, ours, mean_plan(values, len(solved), count))
    verdict = _with_solved_share(verdict)
    if claim.kind != "sequences":
        whole = count and float(claim.value or 0.0).is_integer()  # printed without decimals
        return _beside(verdict, values, half=0.5 if whole else 0.0)
    return _sequences(verdict, values, *_bounded(claim, outcomes))


def _sequences(verdict: Verdict, solved: Vector, everything: Vector, unknown: Mask) -> Verdict:
    """Add what the mean over solved trials leaves out: the median over all, and *faster*."""
    claim = verdict.claim
    upper = np.lexsort((unknown, everything))[len(everything) // 2]
    verdict = replace(
        verdict,
        median=float(np.median(everything)),
        median_capped=bool(unknown[upper]),
        faster=verdict.verdict == REPRODUCED
        and (verdict.high or 0.0) < FASTER * (claim.value or 0.0),
    )
    if claim.solved < 1:
        return _beside(verdict, solved)
    return _beside(verdict, everything, unknown)


def _order(claim: Claim, outcomes: Outcomes, others: Outcomes) -> Verdict:
    """Judge the paired difference, counted so that the claimed sign is plus.

    A capped trial needed more sequences than it says, so the end of the interval that it could
    move is open.
    """
    less, more = (outcomes, others) if claim.order == "less" else (others, outcomes)
    small, small_unknown = _bounded(claim, less)
    large, large_unknown = _bounded(claim, more)
    difference = large - small
    closed = mean_plan(difference, len(difference))

    def plan(n: int) -> Interval:
        low, high = closed(n)
        return (
            -math.inf if small_unknown.any() else low,
            math.inf if large_unknown.any() else high,
        )

    return _verdict(claim, outcomes, float(difference.mean()), plan)


def _ratio(claim: Claim, outcomes: Outcomes, others: Outcomes) -> Verdict:
    """Judge the geometric mean of paired ratios; a trial without a number decides nothing.

    A large model has few trials, and the logarithms of its ratios are about normal.
    """
    logs = np.log(_numbers(claim, outcomes)) - np.log(_numbers(claim, others))
    if np.isnan(logs).any():
        return _verdict(claim, outcomes, None, lambda n: (0.0, math.inf))
    closed = student_plan(logs)

    def plan(n: int) -> Interval:
        low, high = closed(n)
        return math.exp(low), math.exp(high)

    return _verdict(claim, outcomes, math.exp(logs.mean()), plan)


def _verdict(claim: Claim, outcomes: Outcomes, ours: float | None, plan: Plan) -> Verdict:
    """Return the verdict by ``plan``, with what is said of every set of trials."""
    n, n_solved = len(outcomes), int(_solved(claim, outcomes).sum())
    (low, high), (solved_low, solved_high) = plan(n), wilson(n_solved, n)
    verdict, more = _decided(plan, n, criterion(claim))
    return Verdict(
        claim, verdict, ours, low, high, n, n_solved, solved_low, solved_high, more_trials=more
    )


def _with_solved_share(verdict: Verdict) -> Verdict:
    """Return the worse of a mean's verdict and that on the solved share."""
    share, least = verdict.n_solved / verdict.n, verdict.claim.solved - POINTS
    of_share, more = _decided(share_plan(share), verdict.n, (least, math.inf))
    parts = [(verdict.verdict, verdict.more_trials), (of_share, more)]
    worse = max(parts, key=lambda part: SEVERITY.index(part[0]))[0]
    needs = [needed for part, needed in parts if part == UNDECIDED]
    known = worse == UNDECIDED and None not in needs
    return replace(
        verdict,
        verdict=worse,
        solved_verdict=of_share,
        more_trials=max(m for m in needs if m is not None) if known else None,
    )


def _beside(
    verdict: Verdict, values: Vector, unknown: Mask | None = None, half: float = 0.0
) -> Verdict:
    """Add how probable it is that a batch of ours lies as far off as the paper's number."""
    claim = verdict.claim
    if claim.trials is None or claim.value is None or not len(values):
        return verdict
    behind = 1.0 if claim.kind == "share" else claim.solved
    trials = max(1, round(behind * claim.trials))
    far, at_most = as_far(values, claim.value, trials, unknown, half)
    return replace(verdict, as_far=far, as_far_at_most=at_most)


def _decided(plan: Plan, n: int, accepted: Interval) -> tuple[str, int | None]:
    """Return the verdict of n trials, and how many more would decide it if it is undecided."""

    def verdict(trials: int) -> str:
        low, high = plan(trials)
        if accepted[0] <= low and high <= accepted[1]:
            return REPRODUCED
        return NOT_REPRODUCED if high < accepted[0] or low > accepted[1] else UNDECIDED

    if verdict(n) != UNDECIDED or verdict(MOST_TRIALS) == UNDECIDED:
        return verdict(n), None
    trials = range(n, MOST_TRIALS)
    enough = bisect_left(trials, True, key=lambda m: verdict(m) != UNDECIDED)
    return UNDECIDED, enough


def _by_seed(records: Iterable[Record]) -> dict[int, Record]:
    found: dict[int, Record] = {}
    for record in records:
        if record["seed"] in found:
            raise ReplicateError(f"two records of seed {record['seed']}: give one of them")
        found[record["seed"]] = record["outcome"]
    return dict(sorted(found.items()))


def _solved(claim: Claim, outcomes: Outcomes) -> Mask:
    """Return which trials are solved, or have reached the mark that the claim speaks of."""
    mark = claim.measure.rpartition(".")[0]
    if mark:
        return np.array([f"{mark}.sequences" in o["test"] for o in outcomes])
    return np.array([o["status"] == "solved" for o in outcomes])


def _numbers(claim: Claim, outcomes: Outcomes) -> Vector:
    """Return the measure of each trial, nan where there is none: unsolved, or diverged."""
    if claim.measure == "sequences":
        taken = [o["sequences"] if o["status"] == "solved" else math.nan for o in outcomes]
        return np.array(taken, dtype=np.float64)
    for o in outcomes:
        if o["status"] == "solved" and claim.measure not in o["test"]:
            raise ReplicateError(
                f"{claim.id}: trials have no {claim.measure!r}, but {', '.join(o['test'])}"
            )
    return np.array([float(o["test"].get(claim.measure, math.nan)) for o in outcomes])


def _bounded(claim: Claim, outcomes: Outcomes) -> tuple[Vector, Mask]:
    """Return the measure of each trial; where there is none, the largest seen, and True."""
    values = _numbers(claim, outcomes)
    unknown = np.isnan(values)
    if claim.kind == "sequences" or claim.measure == "sequences":
        largest = max(float(o["sequences"]) for o in outcomes)
    else:
        largest = max(values[~unknown], default=0.0)
    return np.where(unknown, largest, values), unknown
