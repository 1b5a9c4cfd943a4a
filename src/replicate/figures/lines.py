"""Panels of named lines with what they are measured against: levels, moments, single points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from replicate.figures.charts import Band, Numbers
from replicate.figures.look import GREY, LINES, canvas, size_axis, style
from replicate.figures.pages import Table, show
from replicate.wording import signed

MARKERS = "oDs^v"
DARK = "#14181e"
ON_SHADES = (("#ffffff", "-"), ("#ff9d3c", "--"))


@dataclass(frozen=True)
class Panel:
    """Lines by name, each a ``Band`` or (x, y); dotted levels and moments; points by name."""

    ylabel: str
    lines: Mapping[str, Band | tuple[Numbers, Numbers]]
    levels: Mapping[str, float] = field(default_factory=dict)
    moments: Mapping[str, float] = field(default_factory=dict)
    points: Mapping[str, tuple[Numbers, Numbers]] = field(default_factory=dict)
    ylog: bool = False


def lines(
    panels: Mapping[str, Panel], xlabel: str, *, height: float = 2.3, sharex: bool = True
) -> Figure:
    """Draw panels by title, one below the other, each with its own names beside it."""
    with style():
        figure, everywhere = canvas(0.4 + height * len(panels), len(panels), sharex=sharex)
        for axes, (title, panel) in zip(everywhere, panels.items(), strict=True):
            _panel(axes, panel)
            axes.set_title(title)
        everywhere[-1].set_xlabel(xlabel)
    return figure


def show_lines(
    panels: Mapping[str, Panel],
    xlabel: str,
    *,
    alt: str,
    caption: str,
    height: float = 2.3,
    sharex: bool = True,
) -> None:
    """Display panels of lines with the numbers behind them."""
    show(
        lines(panels, xlabel, height=height, sharex=sharex),
        alt=alt,
        caption=caption,
        table=lines_table(panels, xlabel),
    )


def _panel(axes: Axes, panel: Panel) -> None:
    for (name, line), (colour, dashes) in zip(panel.lines.items(), LINES, strict=False):
        x, y, *ends = line
        if ends:
            axes.fill_between(x, ends[0], ends[1], color=colour, alpha=0.22, lw=0)
        axes.plot(x, y, color=colour, ls=dashes, label=name)
    colours = [colour for colour, _ in LINES][len(panel.lines) % len(LINES) :]
    points = zip(panel.points.items(), MARKERS, colours, strict=False)
    for (name, (x, y)), marker, colour in points:
        axes.plot(x, y, marker, color=colour, ms=5, ls="none", label=name, fillstyle="none")
    if panel.ylog:
        size_axis(axes)
    axes.margins(x=0.01)
    for name, height in panel.levels.items():
        axes.axhline(height, color=GREY, lw=1, ls=":")
        axes.annotate(
            name, (1, height), (0, 2), xycoords=("axes fraction", "data"), ha="right",
            textcoords="offset points", va="bottom", fontsize=9,
        )  # fmt: skip
    for name, moment in panel.moments.items():
        axes.axvline(moment, color=GREY, lw=1, ls=":")
        axes.annotate(
            name, (moment, 1), (3, -2), xycoords=("data", "axes fraction"), va="top",
            textcoords="offset points", fontsize=9,
        )  # fmt: skip
    axes.set_ylabel(panel.ylabel)
    if len(panel.lines) + len(panel.points) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1.05))


def lines_table(panels: Mapping[str, Panel], xlabel: str, count: int = 5) -> Table:
    """Return ``count`` points of each line, and every single point, as a table."""
    rows: list[Sequence[object]] = []
    for title, panel in panels.items():
        rows.append([f"{title}: {panel.ylabel}"])
        for name, line in panel.lines.items():
            x, y, *ends = (np.asarray(part) for part in line)
            for i in dict.fromkeys(np.linspace(0, len(x) - 1, count).round().astype(int)):
                band = " to ".join(signed(end[i]) for end in ends)
                rows.append([name, signed(x[i]), signed(y[i]), band])
        for name, (xs, ys) in panel.points.items():
            rows += [[name, signed(a), signed(b), ""] for a, b in zip(xs, ys, strict=True)]
        rows += [[name, "", signed(level), ""] for name, level in panel.levels.items()]
        rows += [[name, signed(x), "", ""] for name, x in panel.moments.items()]
    return ["Line", xlabel, "Value", "Lowest to highest"], rows


def surface(
    windows: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    ways: Mapping[str, np.ndarray], xlabel: str, ylabel: str, zlabel: str,
) -> Figure:  # fmt: skip
    """Draw windows (x, y, z), z (y, x), as shades, and across them ways (step, 2) by name."""
    levels = MaxNLocator(10).tick_values(*_extent([z for _, _, z in windows.values()]))
    with style():
        figure, everywhere = canvas(3.6, 1, ncols=len(windows))
        for axes, (title, (x, y, z)) in zip(everywhere, windows.items(), strict=True):
            shades = axes.contourf(x, y, z, levels, cmap="cividis")
            for (name, way), marker, (colour, dashes) in zip(
                ways.items(), MARKERS, ON_SHADES, strict=False
            ):
                axes.plot(*way.T, color=DARK, lw=3.0)
                axes.plot(*way.T, color=colour, lw=1.4, ls=dashes)
                axes.plot(*way.T, marker, color=colour, mec=DARK, ms=5, ls="none", label=name)
            axes.set(xlabel=xlabel, xlim=(x.min(), x.max()), ylim=(y.min(), y.max()))
            axes.set_title(title)
        everywhere[0].set_ylabel(ylabel)
        figure.colorbar(shades, ax=everywhere, label=zlabel, pad=0.02)
        figure.legend(
            *everywhere[0].get_legend_handles_labels(), loc="outside upper center", ncols=2
        )
    return figure


def _extent(parts: Sequence[np.ndarray]) -> tuple[float, float]:
    return min(float(p.min()) for p in parts), max(float(p.max()) for p in parts)
