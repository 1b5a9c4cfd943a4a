"""Training the latch: gradients are autograd's, runs differ, long gaps are not learned."""

import numpy as np
import pytest
import torch

from replicate.flow import latch_training as training


def test_gradients_are_what_autograd_says():
    rng = np.random.default_rng(0)
    weight, learned, x = (
        rng.normal(size=3),
        rng.normal(size=(3, 2, 3)),
        rng.normal(size=(7, 3, 4)),
    )
    w, u = (torch.tensor(a, requires_grad=True) for a in (weight, learned))
    classes = torch.tensor([0, 1, 0, 1])
    targets = training.TARGET * (2.0 * classes.double() - 1)
    h = torch.zeros(3, 4, dtype=torch.float64)
    for t, x_t in enumerate(torch.tensor(x)):
        h = torch.tanh(w[:, None] * h + x_t + (u[:, classes, t] if t < training.L else 0))
    loss = ((h - targets) ** 2).mean(dim=1) / 2
    loss.sum().backward()
    assert training.loss(weight, learned, x) == pytest.approx(loss.detach().numpy())
    by_weight, by_input = training.gradients(weight, learned, x)
    assert by_weight == pytest.approx(w.grad.numpy(), abs=1e-14)
    assert by_input == pytest.approx(u.grad.numpy(), abs=1e-14)


def test_short_gaps_are_learned_and_long_ones_are_not():
    short, long = (training.train(1.25, n, 0.2, 10, 0, updates=150) for n in (5, 40))
    assert short.right.mean() >= 0.9
    assert (short.w > 1).all()
    assert long.right.mean() <= 0.1


def test_a_training_is_repeatable():
    one, two = (training.train(1.25, 6, 0.2, 4, 3, updates=5) for _ in range(2))
    assert (one.w == two.w).all()
    assert len(set(one.w)) == 4


def test_a_latch_set_by_hand_holds_where_training_does_not():
    assert training.by_hand(2.0, 1.0, 40, 0.2, 200, 0) == 1
    assert training.by_hand(0.5, 1.0, 40, 0.2, 200, 0) < 0.7
