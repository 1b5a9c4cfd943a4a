"""One picture of a paper: how long each task's lag is, and how many sequences it takes."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from replicate import wording
from replicate.claim import STRUCTURE
from replicate.figures.look import BLUE, GREY, ORANGE, canvas, count_axis, style
from replicate.figures.pages import Table
from replicate.verdicts import Verdict

SECTION = re.compile(r"section 5\.(\d)")


@dataclass(frozen=True)
class Row:
    """One row of the paper's tables: its minimal lag in steps, and the verdict on its mean."""

    lag: int
    label: str
    verdict: Verdict


def rows(verdicts: Sequence[Verdict]) -> list[Row]:
    """Return the rows whose training sequences are claimed, by lag; on a tie by their place."""
    found = [
        Row(int(STRUCTURE["minimal_lag"](v.claim.setting)), _label(v), v)
        for v in verdicts
        if v.claim.until_solved
    ]
    return sorted(found, key=lambda row: row.lag)


def _label(verdict: Verdict) -> str:
    """Return the number of the experiment and what sets the row apart: 6a, two symbols."""
    section = SECTION.search(verdict.claim.place)
    number = section[1] if section else ""
    apart = verdict.claim.quantity.partition(", ")[2] or verdict.claim.title.lower()
    return apart if apart.startswith(number) else f"{number}, {apart}"


def lags(shown: Sequence[Row]) -> Figure:
    """Draw the paper's means and ours, one row each; hollow where few trials were solved.

    Where none was there is a cross at the right edge.
    """
    with style():
        figure, (axes,) = canvas(0.9 + 0.25 * len(shown))
        for y, row in enumerate(shown):
            v = row.verdict
            paper = v.claim.value or 0.0
            if v.n and not v.n_solved:
                edge = axes.get_yaxis_transform()
                axes.plot(1, y, "x", color=BLUE, ms=6, transform=edge, clip_on=False)
            elif v.ours is not None:
                axes.plot([paper, v.ours], [y, y], color=GREY, lw=0.8, zorder=1)
                if v.low is not None and v.high is not None:
                    axes.plot([v.low, v.high], [y, y], color=BLUE, lw=2.4, alpha=0.5)
                hollow = v.n_solved < v.n / 2
                axes.plot(v.ours, y, "o", color=BLUE, ms=6, mfc="none" if hollow else BLUE)
            axes.plot(paper, y, "D", color=ORANGE, ms=5)
        numbers = [x for row in shown for x in _numbers(row.verdict)]
        count_axis(axes, min(numbers), max(numbers))
        axes.set_yticks(range(len(shown)), [f"{row.label}   {row.lag:>5,}" for row in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color=GREY, alpha=0.2, lw=0.6)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("training sequences until solved, mean")
        axes.set_title("row and minimal lag, steps", loc="left", x=-0.4)
    return figure


def _numbers(verdict: Verdict) -> list[float]:
    known = (verdict.claim.value, verdict.ours, verdict.low, verdict.high)
    return [x for x in known if x and math.isfinite(x)]


def lags_table(shown: Sequence[Row]) -> Table:
    """Return the same numbers as a table."""
    return (
        ["Row", "Minimal lag, steps", "Paper", "Ours", "95 % interval", "Solved", "Verdict"],
        [
            [
                row.label, f"{row.lag:,}", wording.paper(row.verdict.claim),
                wording.ours(row.verdict), wording.interval(row.verdict),
                wording.trials(row.verdict), row.verdict.verdict,
            ]
            for row in shown
        ],
    )  # fmt: skip
