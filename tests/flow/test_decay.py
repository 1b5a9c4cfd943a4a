"""Products in logarithms are the products; slopes are those that theory or the table names."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.flow import decay, paths
from tests.flow.nets import nets

NORMS = {"frobenius": "fro", "spectral": 2}


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 99), st.sampled_from(["frobenius",
       "spectral", "entry"]))  # fmt: skip
def test_log_sizes_are_those_of_the_plain_products(n, q, seed, size):
    factors = np.random.default_rng(seed).normal(size=(q, n, n))
    product, expected = np.eye(n), []
    for factor in factors:
        product = product @ factor
        norm = abs(product).max() if size == "entry" else np.linalg.norm(product, NORMS[size])
        expected.append(np.log(norm))
    assert decay.log_sizes(factors, size) == pytest.approx(expected, abs=1e-9)


def test_nothing_underflows_and_zero_is_minus_infinity():
    logs = decay.log_sizes([np.full((1, 1), 1e-200)] * 50)
    assert logs[-1] == pytest.approx(50 * np.log(1e-200))
    assert (
        decay.log_sizes([np.eye(2), np.zeros((2, 2)), np.eye(2)])[1:].tolist() == [-np.inf] * 2
    )


@given(nets())
@settings(max_examples=30)
def test_flows_are_those_of_the_jacobians(net):
    unit, w, z = net
    f = {"linear": lambda x: x, "tanh": torch.tanh, "logistic": torch.sigmoid}[unit]

    def states(y):
        for _ in range(len(z) - 1):
            y = f(torch.as_tensor(w) @ y)
        return y

    jacobian = torch.autograd.functional.jacobian(states, f(torch.as_tensor(z[0])))
    size = float(torch.linalg.matrix_norm(jacobian))
    assert decay.state_flow(w, unit, z)[-1] == pytest.approx(np.log(size), abs=1e-9)
    entry = abs(paths.recursion(w, paths.slopes_back(z, unit))).max()
    assert decay.largest_factor(w, unit, z)[-1] == pytest.approx(np.log(entry), abs=1e-9)


def slopes(unit, gain):
    found = []
    for seed in range(5):
        w = decay.weights(50, gain, seed)
        z = decay.followed(w, unit, 100, seed)
        found.append((decay.rate(decay.state_flow(w, unit, z)), np.log(decay.radius(w))))
    return np.array(found)


@pytest.mark.parametrize("gain", [0.5, 0.9, 1.0, 1.1, 1.5, 4.0])
def test_linear_nets_grow_as_their_largest_eigenvalue(gain):
    measured, expected = slopes("linear", gain).T
    assert np.median(measured) == pytest.approx(np.median(expected), abs=0.03)
    assert measured == pytest.approx(expected, abs=0.1)


# Medians over five other random nets: within 0.1 of them, or within their range if it is wider.
TABLE = {
    ("tanh", 0.5): (-0.64, 0.1), ("tanh", 0.9): (-0.05, 0.1), ("tanh", 1.0): (-0.02, 0.1),
    ("tanh", 1.1): (-0.01, 0.1), ("tanh", 1.5): (0.01, 0.1), ("tanh", 2.0): (0.07, 0.1),
    ("tanh", 4.0): (0.39, 0.1), ("logistic", 0.5): (-2.04, 0.1),
    ("logistic", 1.0): (-1.41, 0.1), ("logistic", 2.0): (-0.84, 0.1),
    ("logistic", 4.0): (-0.32, 0.1),
    ("logistic", 6.0): (-0.17, 0.1), ("logistic", 8.0): (-0.18, 0.1),
    ("logistic", 16.0): (0.11, 0.3), ("logistic", 32.0): (0.40, 0.3),
}  # fmt: skip


@pytest.mark.parametrize(("unit", "gain"), TABLE)
def test_slopes_of_saturating_nets_are_those_of_the_table(unit, gain):
    middle, band = TABLE[unit, gain]
    assert np.median(slopes(unit, gain)[:, 0]) == pytest.approx(middle, abs=band)


def test_a_rate_is_the_slope_of_a_line():
    logs = 3 - 0.25 * np.arange(1, 101)
    assert decay.rate(logs) == pytest.approx(-0.25)
    assert decay.rate(logs[:20]) == pytest.approx(-0.25)


def test_weights_have_the_deviation_asked_for():
    assert decay.weights(200, 2.0, 0).std() * np.sqrt(200) == pytest.approx(2, rel=0.02)
    assert (decay.weights(5, 1.0, 0) != decay.weights(5, 1.0, 1)).all()
