"""The unit at the cliff: derivatives, folds, and that clipping keeps a step short."""

import numpy as np
import pytest
import torch

from replicate.flow import cliff
from replicate.flow.units import SLOPE


@pytest.mark.parametrize(("w", "b"), [(5.0, -2.0), (5.0, -2.7), (3.0, 1.0), (-4.0, 0.5)])
def test_the_gradient_is_what_autograd_says(w, b):
    p = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
    x = torch.tensor(0.5, dtype=torch.float64)
    for _ in range(cliff.STEPS):
        x = p[0] * torch.sigmoid(x) + p[1]
    error = (torch.sigmoid(x) - cliff.TARGET) ** 2
    error.backward()
    assert cliff.error(w, b) == pytest.approx(error.item(), abs=1e-10)
    assert cliff.gradient(w, b) == pytest.approx(p.grad.numpy(), rel=1e-7, abs=1e-10)


def test_folds_are_where_two_states_meet():
    (low, b_low), (high, b_high) = cliff.folds(5.0)
    assert (b_low, b_high) == pytest.approx((-2.344, -2.656), abs=5e-4)
    assert 5 * SLOPE["logistic"](np.array([low, high])) == pytest.approx([1, 1])
    assert cliff.folds(3.9) == ()


@pytest.mark.parametrize(("b", "states"), [(-2.2, 1), (-2.5, 3), (-2.8, 1)])
def test_between_the_folds_there_are_three_states(b, states):
    x = np.linspace(-6, 6, 10_000)
    assert (np.diff(np.sign(cliff.at_rest(5.0, x) - b)) != 0).sum() == states


def test_the_wall_parts_two_states():
    b = cliff.wall(5.0)
    below, above = cliff.run(np.array([5.0, 5.0]), np.array([b - 1e-3, b + 1e-3]))[0]
    assert below < 0 < above
    assert cliff.run(5.0, b, 3)[0] == pytest.approx(0.5)


def test_clipped_steps_are_never_longer_than_the_norm():
    way = cliff.descend((5.0, -2.7), 0.1, 60, clip=1.0)
    lengths = np.linalg.norm(np.diff(way, axis=0), axis=1)
    assert lengths.max() <= 0.1 + 1e-12
    free = cliff.descend((5.0, -2.7), 0.1, 3)
    assert free == pytest.approx(way[:4])
