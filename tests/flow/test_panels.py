"""What is drawn is what the formulas say, and each picture can be made."""

import numpy as np
import pytest

from replicate import figures
from replicate.flow import bounds, carousel, cliff, decay, latch
from replicate.flow import panels_decay as of_decay
from replicate.flow import panels_memory as of_memory
from replicate.tasks.adding import Adding

NETS = of_decay.nets(6, 30, 3, 0)


def drawable(panels):
    """Draw panels and make their table; return the first panel."""
    assert figures.look.svg(figures.lines(panels, "x"))
    heads, rows = figures.lines_table(panels, "x")
    assert all(len(row) in (1, len(heads)) for row in rows)
    return next(iter(panels.values()))


def test_one_step():
    panel = drawable(of_decay.one_step((1.0, 0.1)))
    w, drawn = panel.lines["y = 0.1"]
    assert drawn == pytest.approx(bounds.factor(w, 0.1, "logistic"))
    (x, _), (top, _) = panel.points["largest"]
    line = panel.lines["y = 1"]
    assert line[1].max() == pytest.approx(top, rel=1e-3)
    assert line[0][line[1].argmax()] == pytest.approx(x, abs=0.05)
    assert panel.moments == {"w = 4": 4.0}


def test_many_steps():
    panels = of_decay.many_steps(NETS)
    drawable(panels)
    assert list(panels) == ["linear units", "tanh units", "logistic units"]
    band = panels["tanh units"].lines["g = 2"]
    each = [decay.state_flow(w, "tanh", z) for w, z in NETS["tanh", 2.0]]
    assert (band.low == np.min(each, axis=0)).all()
    assert (band.middle == np.median(each, axis=0)).all()
    assert not np.any(panels["tanh units"].lines["carousel"].high)


def test_rates_name_what_eigenvalues_predict():
    unit, gain, log, slopes = of_decay.rates(NETS)[-1]
    assert (unit, gain, len(slopes)) == ("logistic", 4.0, 3)
    radii = [decay.radius(w) for w, _ in NETS["logistic", 4.0]]
    assert log == pytest.approx(np.log(np.median(radii) / 4))


def test_nothing_measured_lies_above_a_bound():
    panels = of_decay.bounded({key: of[:1] for key, of in NETS.items()})
    drawable(panels)
    for panel in panels.values():
        measured = panel.lines["measured"][1]
        assert all((measured <= y + 1e-9).all() for _, y in panel.lines.values())
    slack = of_decay.slack(NETS)
    drawable(slack)
    assert all((b.high <= 1e-9).all() for p in slack.values() for b in p.lines.values())


def test_conditions_have_a_point_a_net():
    panel = drawable(of_decay.conditions(NETS))
    assert {name: len(x) for name, (x, _) in panel.points.items()} == {
        "linear nets": 12, "tanh nets": 12, "logistic nets": 12,
    }  # fmt: skip


def test_the_net_that_is_not_normal_rises_first():
    panel = drawable(of_decay.transient(0.9, 20))
    normal, other = (panel.lines[name][1] for name in ("normal", "not normal"))
    assert normal == pytest.approx(np.arange(1, 21) * np.log(0.9))
    w = np.array([[0.9, 5.0], [0.0, 0.9]])
    assert other[2] == pytest.approx(np.log(np.linalg.norm(w @ w @ w, 2)))


def test_path_sums_lie_on_the_diagonal():
    panel = drawable(of_decay.path_sums())
    for name, right in (("corrected", True), ("as printed", False)):
        x, y = panel.points[name]
        assert (abs(x - y).max() < 1e-12) == right


def test_the_dilemma_is_drawn_from_the_latch():
    safe, left = of_memory.dilemma().values()
    drawable({"safe": safe, "left": left})
    assert safe.points["six latches"][1][-1] == latch.threshold(3)
    assert left.points["six latches"][1][0] == latch.factor(1.05)


def test_latches_under_noise():
    panels = of_memory.noisy(0.2, 10, 0, (1.5, 2.0))
    bit, lost = panels.values()
    drawable(panels)
    assert lost.lines["w = 2"][1] == pytest.approx(latch.flow(2.0, bit.lines["w = 2"][1]))


def test_success_has_intervals():
    panel = drawable(of_memory.latch_success((1.25,), (4, 6), 0.1, 3, 0))
    band = panel.lines["w starts at 1.25"]
    assert (band.low <= band.middle).all()
    assert (band.middle <= band.high).all()


def test_the_cliff():
    panel = drawable(of_memory.bifurcation())
    assert panel.points["fold"][0] == [b for _, b in cliff.folds(5.0)]
    error = drawable(of_memory.cliff_cut(points=20))
    b, e = error.lines["E"]
    assert len(b) == 20
    assert e[0] > 0.3 > 0.1 > e[-1]


def test_the_carousel():
    panel = drawable(of_memory.gates((0.0, 2.0), 10))
    assert panel.lines["bias 2"][1][-1] == pytest.approx(10 * carousel.log_gate(2.0))
    cells = drawable(of_memory.whole_gradient(Adding().topology(), (0.5,), 8, 0))
    assert not cells.lines["truncated"][1].any()
    assert cells.lines["whole, ±0.5"][1].any()


def test_errors_after_training(monkeypatch):
    monkeypatch.setattr(of_memory.lags.learn, "__defaults__", (2,))
    panels, found = of_memory.learned(3, 0)
    drawable(panels)
    assert [line[1][0] for line in panels["After training"].lines.values()] == [0, 0, 0]
    assert found["LSTM"].after.shape == (4,)
