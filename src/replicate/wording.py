"""The one place where numbers, intervals and verdicts become words."""

import math

import numpy as np

from replicate.claim import MEANS, Claim
from replicate.verdicts import NOT_REPRODUCED, REPRODUCED, Verdict, criterion

NOTHING = "–"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def exact(x: float) -> str:
    """Return a number with every digit that it has: 39,740 or 0.000195."""
    if float(x).is_integer():
        return f"{x:,.0f}"
    return np.format_float_positional(x, trim="-")


def number(x: float | None) -> str:
    """Return a number of ours to three significant digits: 74,300 or 0.00731."""
    if x is None or math.isnan(x):
        return NOTHING
    return exact(float(f"{x:.3g}")) if math.isfinite(x) else ("∞" if x > 0 else "−∞")


def signed(x: float) -> str:
    """Return a number that may be negative or tiny, to three digits: −0.62 or 2.78 × 10⁻¹⁶."""
    if not math.isfinite(x):
        return number(x)
    digits, _, exponent = f"{x:.3g}".partition("e")
    return digits.replace("-", "−") + (_ten_to(int(exponent)) if exponent else "")


def power(log: float) -> str:
    """Return e to the power of ``log``, however large or small that is: 1.4 × 10⁻⁶⁰⁰."""
    exponent = math.floor(log / math.log(10))
    digits = f"{math.exp(log - exponent * math.log(10)):.1f}"
    if digits == "10.0":
        digits, exponent = "1.0", exponent + 1
    return digits + _ten_to(exponent)


def _ten_to(exponent: int) -> str:
    return " × 10" + str(exponent).translate(RAISED)


def as_precise(x: float, other: float) -> str:
    """Return a number of ours with as many decimals as another's: 141.2 beside 140.9."""
    return f"{x:,.{len(exact(other).partition('.')[2])}f}"


def percent(share: float) -> str:
    """Return a share in per cent: 97 %."""
    return f"{number(100 * share)} %"


def paper(claim: Claim) -> str:
    """Return what the paper says."""
    if claim.kind == "order":
        return f"{claim.order}"
    said = percent(claim.value or 0) if claim.kind == "share" else exact(claim.value or 0)
    return f"{said} (not certain)" if claim.recalled else said


def required(claim: Claim) -> str:
    """Return the criterion: what our number must be."""
    least, most = criterion(claim)
    if claim.kind == "quoted":
        return NOTHING
    if claim.kind == "share":
        return f"at least {percent(least)}"
    if claim.kind in (*MEANS, "ratio"):
        return f"at most {exact(most)}"
    return "above 0" if claim.kind == "order" else exact(most)


def ours(verdict: Verdict) -> str:
    """Return our number: a share, a mean over solved trials, or a paired difference."""
    return _own(verdict, verdict.ours)


def interval(verdict: Verdict) -> str:
    """Return the 95 % interval of our number."""
    low, high = verdict.low, verdict.high
    if verdict.ours is None or low is None or high is None or verdict.claim.kind == "structure":
        return NOTHING
    if math.isinf(low) and math.isinf(high):
        return NOTHING
    if math.isinf(low):
        return f"at most {_own(verdict, high)}"
    if math.isinf(high):
        return f"at least {_own(verdict, low)}"
    return f"{_own(verdict, low)} to {_own(verdict, high)}"


def chance(verdict: Verdict) -> str:
    """Return how probable a batch of ours as far off as the paper's number is."""
    p = verdict.as_far
    if p is None:
        return NOTHING
    if p < 0.001:
        return "< 0.001"
    return f"{'≤ ' if verdict.as_far_at_most else ''}{exact(float(f'{p:.2g}'))}"


def trials(verdict: Verdict) -> str:
    """Return how many trials there are, and how many of them are solved."""
    return f"{verdict.n_solved:,} of {verdict.n:,}" if verdict.n else NOTHING


def badge(verdict: Verdict | str) -> str:
    """Return a verdict as HTML that says it in words and in colour."""
    said = verdict if isinstance(verdict, str) else verdict.verdict
    return f'<span class="verdict verdict-{said.replace(" ", "-")}">{said}</span>'


def remarks(verdict: Verdict) -> list[str]:
    """Return what else must be known to read the verdict."""
    claim = verdict.claim
    found = ["faster than the paper"] if verdict.faster else []
    if verdict.solved_verdict not in (None, REPRODUCED):
        fails = verdict.solved_verdict == NOT_REPRODUCED
        share, low, high = map(
            percent,
            (verdict.solved or 0.0, verdict.solved_low or 0.0, verdict.solved_high or 0.0),
        )
        found.append(
            f"{'too few' if fails else 'not yet surely enough'} trials are solved: "
            f"{share} ({low} to {high}) against {percent(claim.solved)}"
        )
    if verdict.median is not None:
        above = "> " if verdict.median_capped else ""
        found.append(f"median over all trials {above}{number(verdict.median)}")
    if verdict.more_trials is not None:
        found.append(f"about {number(verdict.more_trials)} more trials would decide it")
    return found + [verdict.why] * bool(verdict.why)


def _own(verdict: Verdict, x: float | None) -> str:
    if x is None:
        return NOTHING
    if verdict.claim.kind == "quoted":
        return as_precise(x, verdict.claim.value or 0.0)
    return {"share": percent, "structure": exact}.get(verdict.claim.kind, number)(x)
