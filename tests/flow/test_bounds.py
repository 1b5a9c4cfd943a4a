"""Bounds hold for every net, and are those that the papers print."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.flow import bounds, decay
from tests.flow.nets import nets


@given(nets())
@settings(max_examples=60)
def test_no_net_exceeds_a_bound(net):
    unit, w, z = net
    q = np.arange(1, len(z))
    measured = decay.largest_factor(w, unit, z) - 1e-9
    tight, loose = bounds.row_sums(w, unit, q), bounds.largest_weight(w, unit, q)
    assert (measured <= bounds.spectral(w, unit, q)).all()
    assert (measured <= tight).all()
    assert (tight <= loose + 1e-9).all()
    assert (
        decay.state_flow(w, unit, z, "spectral") - 1e-9 <= bounds.spectral(w, unit, q)
    ).all()


@pytest.mark.parametrize(("unit", "place", "most"), [("logistic", 1.5434, 0.2239),
                                                     ("tanh", 0.7717, 0.4477)])  # fmt: skip
def test_the_peak_is_where_the_table_says(unit, place, most):
    assert bounds.peak(unit) == pytest.approx((place, most), abs=5e-5)


@given(st.sampled_from(["logistic", "tanh"]), st.floats(0.05, 2), st.floats(0, 60))
def test_no_weight_exceeds_the_peak(unit, y, w):
    z, most = bounds.peak(unit)
    assert bounds.factor(np.array(w), y, unit) <= most / y * (1 + 1e-12)
    assert bounds.factor(np.array(z / y), y, unit) == pytest.approx(most / y)


def test_the_example_of_1997():
    w = np.full((5, 5), 0.6)  # below 4/n
    assert bounds.largest_weight(w, "logistic", np.array([7])) == pytest.approx(
        np.log(5 * 0.75**7)
    )
