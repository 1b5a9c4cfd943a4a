"""Four ways to compute the error flow agree; the formula as printed in 1997 does not."""

import numpy as np
import pytest
from hypothesis import given, settings

from replicate.flow import paths
from replicate.flow.units import SLOPE
from tests.flow.nets import KINDS, nets


@given(nets())
@settings(max_examples=40)
def test_recursion_and_path_sum_are_what_autograd_says(net):
    unit, w, z = net
    slopes = paths.slopes_back(z, unit)
    truth = paths.autograd(w, unit, z[0], len(z) - 1)
    near = 1e-12 * max(1.0, abs(truth).max())
    assert paths.recursion(w, slopes) == pytest.approx(truth, abs=near)
    assert paths.path_sum(w, slopes) == pytest.approx(truth, abs=near)


@pytest.mark.parametrize("unit", KINDS)
def test_the_formula_as_printed_is_wrong_unless_weights_are_symmetric(unit):
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 3))
    for weights, right in ((w, False), (w + w.T, True)):
        z = paths.run(weights, unit, rng.normal(size=3) / 3, 5)
        slopes = paths.slopes_back(z, unit)
        truth = paths.autograd(weights, unit, z[0], 5)
        printed = paths.path_sum(weights, slopes, as_printed=True)
        off = abs(printed - truth).max() / abs(truth).max()
        assert (off < 1e-12) == right
        assert right or off > 0.1


def test_one_step_is_the_paper_s_own_case():
    w, z = np.array([[0.5, 2.0], [-1.0, 0.3]]), np.array([[0.1, -0.2], [0.0, 0.0]])
    slopes = paths.slopes_back(z, "tanh")
    v, u = 1, 0
    assert paths.path_sum(w, slopes)[v, u] == SLOPE["tanh"](z[0])[v] * w[u, v]


def test_slopes_are_met_from_the_last_step_on():
    z = np.arange(8.0).reshape(4, 2)
    assert paths.slopes_back(z, "logistic") == pytest.approx(SLOPE["logistic"](z[[2, 1, 0]]))


def test_a_net_left_to_itself():
    w = np.array([[0.5, 2.0], [-1.0, 0.3]])
    z = paths.run(w, "tanh", np.array([0.1, 0.2]), 2)
    assert z[2] == pytest.approx(w @ np.tanh(w @ np.tanh([0.1, 0.2])))
