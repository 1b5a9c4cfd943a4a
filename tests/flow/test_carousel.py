"""The carousel keeps errors exactly, a forget gate halves them at its half-life."""

import numpy as np
import pytest
import torch

from replicate.cells import lstm97
from replicate.flow import carousel
from replicate.tasks.adding import Adding

NET = Adding().topology()


@pytest.mark.parametrize(("bias", "steps"), [(0, 1.0), (1, 2.2), (2, 5.5), (3, 14.3), (5, 103)])
def test_half_lives_of_the_table(bias, steps):
    assert carousel.half_life(bias) == pytest.approx(steps, rel=0.02)


@pytest.mark.parametrize(
    ("bias", "left"), [(0, 7.9e-31), (1, 2.5e-14), (2, 3.1e-6), (3, 7.8e-3), (5, 0.51)]
)
def test_what_is_left_after_a_hundred_steps(bias, left):
    assert np.exp(100 * carousel.log_gate(bias)) == pytest.approx(left, rel=0.02)


def drawn(steps):
    rng = np.random.default_rng(0)
    return rng.normal(size=NET.n_weights) * 0.5, rng.uniform(-1, 1, (steps, NET.n_in))


def test_the_truncated_flow_is_one():
    assert carousel.cell_flow(NET, *drawn(30), truncated=True).tolist() == [1.0] * 30


def test_the_whole_flow_is_what_finite_differences_say():
    weights, inputs = drawn(6)
    w, _ = lstm97.matrices(NET, torch.as_tensor(weights)[None])

    def end(step, cell, size):
        s, y = lstm97.start(NET, torch.as_tensor(weights)[None])
        for t, x in enumerate(torch.as_tensor(inputs)[:, None]):
            if t == step:
                s[0, cell] += size
            _, s, y = lstm97.step(NET, w, x, s, y)
        return s[0].numpy()

    for step in range(6):
        columns = [
            (end(step, c, 1e-6) - end(step, c, -1e-6)) / 2e-6 for c in range(NET.n_cells)
        ]
        size = np.linalg.norm(columns) / np.sqrt(NET.n_cells)
        flow = carousel.cell_flow(NET, weights, inputs, truncated=False)
        assert flow[5 - step] == pytest.approx(size, rel=1e-8)
