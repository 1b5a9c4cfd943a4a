"""A net drawn from its topology: its blocks, and every trained weight as a dot."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from replicate.figures.look import BLUE, GREEN, GREY, ORANGE, canvas, style
from replicate.topology import Topology


def net(topology: Topology) -> Figure:
    """Draw the blocks with the number of weights on each bundle, and the weights one by one."""
    with style():
        figure, (left, right) = canvas(3.7, 1, ncols=2, width_ratios=[1, 1.05])
        _blocks(left, topology)
        _weights(right, topology)
    return figure


def bundles(topology: Topology) -> dict[str, int]:
    """Return how many weights go from which layer to which; together they are all."""
    n, biases = topology, topology.hidden_biased.sum() + topology.n_out * topology.bias_outputs
    return {
        "inputs": n.n_hidden * n.n_in,
        "hidden units": n.n_hidden * n.n_hidden * n.recurrent,
        "cells": n.n_out * n.n_cells,
        "inputs to outputs": n.n_out * n.n_in * n.input_to_output,
        "biases": int(biases),
    }


def _blocks(axes: Axes, topology: Topology) -> None:
    """Draw inputs below, blocks of cells between their gates, outputs above."""
    counts, width = bundles(topology), topology.block_size + 1.0
    span = topology.n_blocks * width
    middle = span / 2
    axes.set(xlim=(-0.3, span + 1.4), ylim=(-1.5, 7.6), aspect="equal")
    axes.axis("off")
    for block in range(topology.n_blocks):
        left = block * width + 0.2
        box = FancyBboxPatch((left, 1.6), width - 0.4, 3.4, "round,pad=0,rounding_size=0.3",
                             fc="none", ec=GREY)  # fmt: skip
        axes.add_patch(box)
        centre = left + width / 2 - 0.2
        if topology.input_gate:
            _unit(axes, centre, 2.2, "in", GREEN)
        for i in range(topology.block_size):
            _unit(axes, centre + i - (topology.block_size - 1) / 2, 3.3, "s", BLUE)
        if topology.output_gate:
            _unit(axes, centre, 4.4, "out", ORANGE)
    for y, n, word in ((0, topology.n_in, "input"), (6.9, topology.n_out, "output")):
        for i in range(n):
            _unit(axes, middle + (i - (n - 1) / 2) * 1.1, y, "", GREY)
        axes.text(middle + n * 0.55 + 0.2, y, f"{n} {word}{'s' * (n > 1)}", va="center")
    _arrow(axes, (middle, 0.5), (middle, 1.5), f"{counts['inputs']}")
    _arrow(axes, (middle, 5.1), (middle, 6.4), f"{counts['cells']}, from the cells")
    if topology.recurrent:
        loop = FancyArrowPatch(
            (span - 0.15, 4.2), (span - 0.15, 2.4), connectionstyle="arc3,rad=-0.9",
            arrowstyle="-|>", mutation_scale=10, color=GREY,
        )  # fmt: skip
        axes.add_patch(loop)
        axes.text(span + 0.8, 3.3, f"{counts['hidden units']}", va="center")
    said = f"and {counts['biases']} biases: {topology.n_weights} weights"
    axes.text(middle, -1.2, said, ha="center", va="center")


def _unit(axes: Axes, x: float, y: float, name: str, colour: str) -> None:
    axes.add_patch(Circle((x, y), 0.42, fc="none", ec=colour, lw=1.6))
    axes.text(x, y - 0.03, name, ha="center", va="center", color=colour)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], said: str) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color=GREY))
    axes.text(start[0] + 0.2, (start[1] + end[1]) / 2, said, va="center")


def _weights(axes: Axes, topology: Topology) -> None:
    """Draw a dot where a source (column) feeds a unit (row)."""
    from replicate.cells.lstm97 import connections

    hidden, outputs = connections(topology)
    n_in, n_cells = topology.n_in, topology.n_cells
    square = np.zeros((topology.n_hidden + topology.n_out, hidden.shape[1]), bool)
    square[: topology.n_hidden] = hidden
    square[topology.n_hidden :, n_in : n_in + n_cells] = outputs[:, :n_cells]
    square[topology.n_hidden :, :n_in] = outputs[:, n_cells:-1]
    square[topology.n_hidden :, -1] = outputs[:, -1]
    rows, columns = np.nonzero(square)
    axes.scatter(columns, rows, 34, BLUE, linewidths=0)
    gates = topology.n_blocks
    kinds = [("cells", n_cells), ("in gates", gates * topology.input_gate),
             ("out gates", gates * topology.output_gate)]  # fmt: skip
    _ticks(axes.set_yticks, [*kinds, ("output", topology.n_out)])
    _ticks(axes.set_xticks, [("inputs", n_in), *kinds, ("1", 1)], rotation=40, ha="right")
    edges = np.cumsum([n_in, *(n for _, n in kinds)]) - 0.5
    for edge in edges:
        axes.axvline(edge, color=GREY, lw=0.6, alpha=0.6)
    for edge in np.cumsum([n for _, n in kinds]) - 0.5:
        axes.axhline(edge, color=GREY, lw=0.6, alpha=0.6)
    axes.set(xlim=(-0.6, square.shape[1] - 0.4), ylim=(len(square) - 0.4, -0.6), aspect="equal")
    axes.tick_params(length=0)
    axes.set_title(f"from columns to rows: {square.sum()} weights")


def _ticks(place: Callable[..., object], kinds: list[tuple[str, int]], **how: object) -> None:
    there = [(name, n) for name, n in kinds if n]
    ends = np.cumsum([n for _, n in there])
    place([end - (n + 1) / 2 for end, (_, n) in zip(ends, there, strict=True)],
          [name for name, _ in there], **how)  # fmt: skip
