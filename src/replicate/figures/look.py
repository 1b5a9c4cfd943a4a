"""The look of figures: transparent, mid-grey axes, colours told apart by everyone.

Every colour has a contrast of at least 3 to 1 with white and with the dark page, so one picture
serves both; lines also differ in dashes and dots in shape (palette after Okabe and Ito, 2008).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

GREY = "#7a8594"
BLUE, ORANGE, GREEN, PURPLE = "#2f7fd0", "#d55e00", "#009e73", "#cc79a7"
LINES = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"), (GREY, (0, (1, 1)))]
"""Colour and dashes of the first, second, … line of a panel."""
WIDTH = 7.2
"""Inches; pages show 96 pixels an inch."""

STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 10, "axes.labelsize": 10,
    "xtick.labelsize": 9, "ytick.labelsize": 9, "legend.fontsize": 9, "legend.frameon": False,
    "axes.titlelocation": "left", "lines.linewidth": 1.6,
    "axes.spines.top": False, "axes.spines.right": False,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "svg.fonttype": "path", "svg.hashsalt": "replicate",
} | dict.fromkeys(
    ["axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "text.color", "legend.labelcolor",
     "xtick.color", "ytick.color"], GREY,
)  # fmt: skip


@contextmanager
def style() -> Iterator[None]:
    """Draw in the book's look, whatever the reader's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def canvas(height: float, rows: int = 1, **grid: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure of the page's width and so many inches high, and its axes."""
    figure = Figure((WIDTH, height), layout="constrained")
    return figure, list(np.ravel(figure.subplots(rows, **grid)))


def svg(figure: Figure) -> str:
    """Return a figure as SVG, the same bytes from run to run."""
    file = io.StringIO()
    with style():
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def count_axis(axes: Axes, low: float, high: float) -> None:
    """Make the x axis logarithmic, from ``low`` to ``high``, with counts written in full."""
    low, high = low * 0.9, high * 1.1
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    powers = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    decades = np.log10(high / low)
    steps = [1, 2, 5] if decades < 1.5 else [1, 3] if decades < 2.5 else [1]
    ticks = [p * s for p in powers for s in steps if low <= p * s <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def size_axis(axes: Axes) -> None:
    """Make the y axis logarithmic, with decimals for labels."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
