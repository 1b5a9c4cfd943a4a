"""The figures that several chapters need, each drawn from plain data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from replicate.figures.look import (
    BLUE,
    GREY,
    LINES,
    ORANGE,
    canvas,
    count_axis,
    size_axis,
    style,
)

Numbers = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Group:
    """One row of ``dots``: trials solved after so many sequences, and those that were not."""

    label: str
    solved: Numbers
    unsolved: Numbers = ()
    paper: float | None = None
    paper_range: tuple[float, float] | None = None


class Band(NamedTuple):
    """A line and the band around it, each (point,)."""

    x: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray


def dots(groups: Sequence[Group], xlabel: str) -> Figure:
    """Draw every trial as a dot, one row a group, beside the paper's number and range."""
    with style():
        figure, (axes,) = canvas(0.9 + 0.42 * len(groups))
        for row, group in enumerate(groups):
            looks = ((group.solved, "o", BLUE), (group.unsolved, ">", "none"))
            for values, marker, fill in looks:
                axes.scatter(
                    values, row + spread(values), 14, marker=marker, facecolors=fill,
                    edgecolors=BLUE, alpha=0.75, linewidths=0.8,
                )  # fmt: skip
            if len(group.solved) > len(group.unsolved):
                middle = np.median([*group.solved, *group.unsolved])
                axes.plot([middle] * 2, [row - 0.38, row + 0.38], color=GREY, lw=2)
            if group.paper_range:
                axes.plot(group.paper_range, [row] * 2, "|-", color=ORANGE, lw=1.2, ms=12)
            if group.paper:
                axes.plot(group.paper, row, "D", color=ORANGE, ms=7)
        everything = np.concatenate([_extent(group) for group in groups])
        count_axis(axes, everything.min(), everything.max())
        axes.set_yticks(range(len(groups)), [group.label for group in groups])
        axes.set_ylim(len(groups) - 0.45, -0.55)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(xlabel)
    return figure


def spread(values: Numbers) -> np.ndarray:
    """Return how far each dot is moved aside so that near ones do not hide each other."""
    offsets = np.zeros(len(values))
    bins = np.round(np.log10(np.asarray(values, float)) * 50).astype(int)
    for each in np.unique(bins):
        there = np.flatnonzero(bins == each)
        rank = np.arange(len(there))
        offsets[there] = np.where(rank % 2, -1, 1) * ((rank + 1) // 2)
    return offsets * min(0.1, 0.38 / max(1.0, np.abs(offsets).max(initial=0.0)))


def _extent(group: Group) -> np.ndarray:
    paper = [group.paper] if group.paper else []
    return np.array([*group.solved, *group.unsolved, *paper, *(group.paper_range or ())], float)


def curves(
    panels: Mapping[str, Mapping[str, Band]],
    xlabel: str,
    levels: Mapping[str, float],
    *,
    ylog: bool = True,
    counts: bool = True,
) -> Figure:
    """Draw lines with bands: panels by title, in each the same lines by name.

    With ``counts`` the x axis is logarithmic; ``levels`` are heights drawn in the first panel.
    """
    with style():
        figure, everywhere = canvas(0.5 + 2.1 * len(panels), len(panels), sharex=True)
        for axes, (title, lines) in zip(everywhere, panels.items(), strict=True):
            for (name, line), (colour, dashes) in zip(lines.items(), LINES, strict=False):
                axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.22, lw=0)
                axes.plot(line.x, line.middle, color=colour, ls=dashes, label=name)
            if ylog:
                size_axis(axes)
            axes.set_title(title)
        for name, height in levels.items():
            everywhere[0].axhline(height, color=GREY, lw=1, ls=":")
            everywhere[0].annotate(
                name, (1, height), xycoords=("axes fraction", "data"), ha="right", va="bottom"
            )
        x = np.concatenate([line.x for lines in panels.values() for line in lines.values()])
        if counts:
            count_axis(everywhere[-1], x.min(), x.max())
        handles, names = everywhere[0].get_legend_handles_labels()
        if len(names) > 1:
            figure.legend(
                handles, names, loc="outside upper center", ncols=4 if len(names) < 5 else 3
            )
        everywhere[-1].set_xlabel(xlabel)
    return figure


def band(trials: Iterable[tuple[Numbers, Numbers]], points: int = 80) -> Band:
    """Return the median of many step curves and the band that holds eight of ten of them.

    A trial is (ends of windows, values in them); after its end it keeps its last value.
    """
    steps = [(np.asarray(ends), np.asarray(values)) for ends, values in trials]
    first, last = min(ends[0] for ends, _ in steps), max(ends[-1] for ends, _ in steps)
    x = np.geomspace(first, last, points) if last > first else np.array([first])
    at = np.stack([v[np.minimum(np.searchsorted(e, x), len(v) - 1)] for e, v in steps])
    low, middle, high = np.quantile(at, [0.1, 0.5, 0.9], axis=0)
    return Band(x, middle, low, high)


def traces(
    panels: Mapping[str, Mapping[str, Numbers]], xlabel: str, moments: Numbers
) -> Figure:
    """Draw what units do over time: panels by title, lines by name, some moments marked."""
    with style():
        figure, everywhere = canvas(0.5 + 1.35 * len(panels), len(panels), sharex=True)
        for axes, (title, lines) in zip(everywhere, panels.items(), strict=True):
            for (name, values), (colour, dashes) in zip(lines.items(), LINES, strict=False):
                axes.plot(values, color=colour, ls=dashes, label=name)
            for moment in moments:
                axes.axvline(moment, color=GREY, lw=1, ls=":")
            axes.set_title(title)
            if len(lines) > 1:
                axes.legend(loc="upper left", bbox_to_anchor=(1, 1.1))
            axes.margins(x=0.01)
        everywhere[-1].set_xlabel(xlabel)
    return figure


def sequences(shown: Mapping[str, Mapping[str, Any]], xlabel: str) -> Figure:
    """Draw sequences of numbers of which a few matter.

    By title: ``values`` (time,), ``markers`` (time,), and ``names``: the steps that matter and
    what is written there.
    """
    with style():
        figure, everywhere = canvas(0.5 + 1.75 * len(shown), len(shown), sharex=True)
        for axes, (title, sequence) in zip(everywhere, shown.items(), strict=True):
            values, markers = (np.asarray(sequence[k]) for k in ("values", "markers"))
            axes.vlines(range(len(values)), 0, values, color=GREY, lw=1, alpha=0.6)
            axes.axhline(0, color=GREY, lw=0.8)
            for step, name in sequence["names"].items():
                axes.vlines(step, 0, values[step], color=ORANGE, lw=2.4)
                axes.plot(step, values[step], "D", color=ORANGE, ms=6)
                below = values[step] < 0
                axes.annotate(
                    name, (step, values[step]), (7, -3 if below else 3), color=ORANGE,
                    textcoords="offset points", va="top" if below else "bottom",
                )  # fmt: skip
            for marker, shape in ((1, "^"), (-1, "x")):
                at = np.flatnonzero(markers == marker)
                axes.plot(at, [-1.5] * len(at), shape, color=BLUE, ms=6, clip_on=False)
            axes.set_ylim(-1.7, 1.35)
            axes.set_yticks([-1.5, -1, 0, 1], ["marker", "−1", "0", "1"])
            axes.margins(x=0.02)
            axes.set_title(title)
        everywhere[-1].set_xlabel(xlabel)
    return figure
