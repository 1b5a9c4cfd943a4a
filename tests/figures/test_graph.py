"""Drawings of nets have the arrows that the nets have."""

import pytest

from replicate.figures import graph, look

DRAWINGS = [
    (graph.feed_forward(), 9),
    (graph.recurrent(), 3),
    (graph.unfolded(4), 8),
    (graph.unfolded(4, errors=True), 13),
]


@pytest.mark.parametrize(("drawing", "n_arrows"), DRAWINGS)
def test_every_arrow_joins_units_that_are_there(drawing, n_arrows):
    units, arrows = drawing
    assert len(arrows) == n_arrows
    assert {end for a in arrows for end in (a.start, a.end)} == set(units)
    assert look.svg(graph.graph(units, arrows))


def test_errors_go_back_from_the_output_to_the_first_input():
    _, arrows = graph.unfolded(3, errors=True)
    way = [(a.start, a.end) for a in arrows if a.back]
    assert way == [("y₃", "h₃"), ("h₃", "h₂"), ("h₂", "h₁"), ("h₁", "x₁")]
