"""Slopes are the derivatives, to the last digits even where a unit saturates."""

import numpy as np
import pytest
from scipy.differentiate import derivative

from replicate.flow.units import ACTIVATION, SLOPE, STEEPEST

Z = np.linspace(-4, 4, 17)


@pytest.mark.parametrize("unit", ACTIVATION)
def test_slopes_are_derivatives(unit):
    assert SLOPE[unit](Z) == pytest.approx(derivative(ACTIVATION[unit], Z).df, abs=1e-9)


@pytest.mark.parametrize("unit", ACTIVATION)
def test_the_steepest_place_is_the_middle(unit):
    assert SLOPE[unit](np.zeros(1)) == [STEEPEST[unit]]
    assert (SLOPE[unit](Z) <= STEEPEST[unit]).all()


def test_slopes_of_saturated_units_keep_their_digits():
    z = np.array([50.0, -50.0])
    assert SLOPE["logistic"](z) == pytest.approx(np.exp(-50) * np.ones(2), rel=1e-12)
    assert SLOPE["tanh"](z) == pytest.approx(4 * np.exp(-100) * np.ones(2), rel=1e-12)
