"""Drawings of a few units and the arrows between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from replicate.figures.look import BLUE, GREY, ORANGE, canvas, style
from replicate.figures.pages import show

RADIUS = 0.32


@dataclass(frozen=True)
class Arrow:
    """From one unit to another, or to itself; ``back``: it carries an error."""

    start: str
    end: str
    said: str = ""
    back: bool = False


def graph(
    units: Mapping[str, tuple[float, float]], arrows: Sequence[Arrow], height: float = 2.4
) -> Figure:
    """Draw units by name where they stand, and arrows; those of errors are dashed."""
    with style():
        figure, (axes,) = canvas(height)
        xs, ys = zip(*units.values(), strict=True)
        axes.set(
            xlim=(min(xs) - 1, max(xs) + 1), ylim=(min(ys) - 0.6, max(ys) + 0.6), aspect="equal"
        )
        axes.axis("off")
        for name, (x, y) in units.items():
            axes.add_patch(Circle((x, y), RADIUS, fc="none", ec=BLUE, lw=1.6))
            axes.text(x, y, name, ha="center", va="center")
        for arrow in arrows:
            a, b = units[arrow.start], units[arrow.end]
            own = arrow.start == arrow.end
            bend = 2.0 if own else 0.35 if arrow.back else 0.0
            if own:
                a, b = (a[0] + 0.27, a[1] + 0.18), (a[0] + 0.27, a[1] - 0.18)
            axes.add_patch(
                FancyArrowPatch(
                    a, b, connectionstyle=f"arc3,rad={-bend if own else bend}",
                    arrowstyle="-|>", mutation_scale=11, ls="--" if arrow.back else "-",
                    color=ORANGE if arrow.back else GREY,
                    shrinkA=0 if own else 17, shrinkB=0 if own else 17,
                )
            )  # fmt: skip
            x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
            aside = (0.75, 0.0) if own else (0.0, -0.3) if a[1] == b[1] else (0.1, 0.0)
            centre = "center" if own or a[1] == b[1] else "left"
            axes.text(x + aside[0], y + aside[1], arrow.said, ha=centre, va="center")
    return figure


def show_graph(
    units: Mapping[str, tuple[float, float]],
    arrows: Sequence[Arrow],
    *,
    alt: str,
    caption: str,
    height: float = 2.2,
) -> None:
    """Display units and arrows, with the list of the arrows."""
    rows = [[a.start, a.end, "error" if a.back else a.said] for a in arrows]
    show(
        graph(units, arrows, height), alt=alt, caption=caption,
        table=(["From", "To", "Weight"], rows),
    )  # fmt: skip


def feed_forward() -> tuple[dict[str, tuple[float, float]], list[Arrow]]:
    """Return a net of two inputs, three hidden units and one output."""
    units = {"x₁": (0.0, 0.7), "x₂": (0.0, -0.7), "y": (4.0, 0.0)}
    units |= {f"h{i}": (2.0, 1.1 * k) for i, k in (("₁", 1), ("₂", 0), ("₃", -1))}
    hidden = [name for name in units if name.startswith("h")]
    arrows = [Arrow(x, h) for x in ("x₁", "x₂") for h in hidden]
    return units, [*arrows, *(Arrow(h, "y") for h in hidden)]


def recurrent() -> tuple[dict[str, tuple[float, float]], list[Arrow]]:
    """Return a net whose hidden layer feeds itself."""
    units = {"x": (0.0, -1.5), "h": (0.0, 0.0), "y": (0.0, 1.5)}
    return units, [Arrow("x", "h", "Wₓ"), Arrow("h", "h", "Wₕ"), Arrow("h", "y", "Wₒ")]


def unfolded(
    steps: int = 4, errors: bool = False
) -> tuple[dict[str, tuple[float, float]], list[Arrow]]:
    """Return the same net step by step, asked at the end; ``errors``: what flows back."""
    low = "₁₂₃₄₅₆₇₈₉"[:steps]
    units = {f"x{n}": (1.8 * k, -1.4) for k, n in enumerate(low)}
    units |= {f"h{n}": (1.8 * k, 0.0) for k, n in enumerate(low)}
    units[f"y{low[-1]}"] = (1.8 * (steps - 1), 1.4)
    arrows = [Arrow(f"x{n}", f"h{n}", "Wₓ") for n in low]
    pairs = list(pairwise(low))
    arrows += [Arrow(f"h{a}", f"h{b}", "Wₕ") for a, b in pairs]
    arrows.append(Arrow(f"h{low[-1]}", f"y{low[-1]}", "Wₒ"))
    if errors:
        arrows.append(Arrow(f"y{low[-1]}", f"h{low[-1]}", back=True))
        arrows += [Arrow(f"h{b}", f"h{a}", back=True) for a, b in reversed(pairs)]
        arrows.append(Arrow(f"h{low[0]}", f"x{low[0]}", back=True))
    return units, arrows
