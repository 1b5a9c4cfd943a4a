"""What the chapter on the LSTM unit draws is what nets and formulas give."""

import numpy as np
import pytest
import torch

from replicate import figures
from replicate.cells import by_hand
from replicate.flow import panels_puzzle as of
from replicate.tasks.puzzle import Puzzle


def drawable(panels):
    """Draw panels and make their table; return the first panel."""
    assert figures.look.svg(figures.lines(panels, "x"))
    heads, rows = figures.lines_table(panels, "x")
    assert all(len(row) in (1, len(heads)) for row in rows)
    return next(iter(panels.values()))


def test_descent_goes_downhill_by_the_formula():
    panel = drawable(of.descent(3, 0.1, 0.05, 4))
    ws, errors = panel.points["a step each"]
    assert errors == sorted(errors, reverse=True)
    near = [
        float(of.latch_error(torch.tensor(0.1 + d, dtype=torch.float64), 3))
        for d in (-1e-5, 1e-5)
    ]
    assert ws[1] - ws[0] == pytest.approx(-0.05 * (near[1] - near[0]) / 2e-5, rel=1e-4)


def test_errors_on_their_way_back_are_those_of_finite_differences():
    setting = Puzzle(cell="rnn", gap=3, n_blocks=2)
    weights = setting.initial_weights(0)[None]
    back = of.flow_back(setting, weights)
    assert back.shape == (1, 4)
    w = torch.as_tensor(weights[0, : 2 * 6]).view(2, 6)[:, 3:5]  # what units feed units
    assert 0 < back[0, 3] <= back[0, 0] * float(torch.linalg.matrix_norm(w, 2)) ** 3


def test_the_carousel_set_by_hand_loses_no_error():
    setting = Puzzle(gap=20, n_blocks=1)
    _, weights = by_hand.carousel()
    back = of.flow_back(setting, weights.numpy())[0]
    np.testing.assert_allclose(back[1:-1], back[1], rtol=1e-6)
    assert drawable(of.flows({"LSTM": setting}, 3)).lines["LSTM"].middle[0] == 0


def test_what_is_left_of_an_error_is_told_net_by_net():
    setting = Puzzle(cell="rnn", gap=6)
    logs = of.left(setting, 5)
    assert logs.shape == (5, 6)
    assert (logs[:, 0] == 0).all()
    np.testing.assert_array_equal(of.left(setting, 2), logs[:2])
    panel = drawable(of.flows({"net": setting}, 5))
    np.testing.assert_allclose(panel.lines["net"].middle, np.median(logs, axis=0))


def test_success_has_wilson_intervals():
    panel = drawable(of.success({"net": {9: (1, 10), 2: (10, 10)}}))
    band = panel.lines["net"]
    assert band.x.tolist() == [2, 9]
    assert band.middle.tolist() == [1.0, 0.1]
    assert band.low == pytest.approx([0.7225, 0.0179], abs=1e-3)


def test_write_conflict_is_the_gradient():
    x = np.array([1.0, -1.0, -1.0, 1.0, -1.0])
    for gate, asked in zip((np.ones(5), np.eye(5)[0]), of.write_conflict(x), strict=True):
        w = torch.full((5,), 0.5, dtype=torch.float64, requires_grad=True)  # step by step
        loss = 0.5 * (x[0] - (w * torch.tensor(gate * x)).sum()) ** 2
        (gradient,) = torch.autograd.grad(loss, w)
        assert asked == pytest.approx(-gradient.numpy())
    bare, gated = of.write_conflict(x)
    assert min(bare) < 0 < max(bare)
    assert min(gated) == 0 < max(gated)


def test_read_conflict_is_the_gradient():
    bare, gated = of.read_conflict(4, v=0.5)
    assert bare.tolist() == [-0.5, -0.5, -0.5, 0.5]
    assert gated.tolist() == [0, 0, 0, 0.5]
    drawable(of.conflicts(of.distractors(6, 0), 5))


def test_letters_are_plus_and_minus():
    assert set(of.distractors(50, 1)) == {-1.0, 1.0}


def test_long_streams():
    for make, right in ((by_hand.latch, True), (by_hand.carousel, False)):
        shape, weights = make()
        setting = Puzzle(cell=shape.cell, n_blocks=1, gap=3, n_puzzles=2)
        share = of.long_streams(setting, weights.numpy(), 30)
        assert (share == 1.0).all() == right
