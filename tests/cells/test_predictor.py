"""Nets of one hidden unit: their exact gradient, and the readable cell's activations."""

import numpy as np
import pytest
import torch

from replicate.cells import lstm97
from replicate.cells.portable import logistic
from replicate.cells.predictor import Reader, Weights
from replicate.tasks.chunker import Chunker

SETTING = Chunker(p=4)
SYMBOLS = np.array([[3, 0, 1, 1, 2], [4, 2, 2, 0, 1]])


def weights(topology):
    return np.random.default_rng(0).normal(size=(2, topology.n_weights))


def errors(n_out):
    return np.random.default_rng(1).normal(size=(SYMBOLS.shape[1], 2, n_out))


@pytest.mark.parametrize("topology", [SETTING.topology(), SETTING.chunker()])
def test_activations_are_those_of_the_readable_cell(topology):
    flat = weights(topology)
    reader = Reader(Weights.of(flat, topology.n_in))
    seen = lstm97.forward(topology, torch.as_tensor(flat), torch.as_tensor(SYMBOLS.T))
    for t, symbols in enumerate(SYMBOLS.T):
        reader.read(slice(None), symbols)
        np.testing.assert_allclose(reader.y, seen.y_k[t], rtol=1e-13)


def loss(topology, flat):
    """Return half the squared error summed over all steps, with autograd."""
    y = lstm97.forward(topology, flat, torch.as_tensor(SYMBOLS.T)).y_k
    d = torch.as_tensor(errors(topology.n_out)) + y.detach()
    return ((d - y) ** 2).sum() / 2


@pytest.mark.parametrize("topology", [SETTING.topology(), SETTING.chunker()])
def test_what_is_learned_is_the_gradient(topology):
    flat = torch.as_tensor(weights(topology)).requires_grad_()
    loss(topology, flat).backward()
    w = Weights.of(flat.detach().numpy(), topology.n_in)
    reader, change = Reader(w), w.zeros()
    for symbols, e in zip(SYMBOLS.T, errors(topology.n_out), strict=True):
        reader.read(slice(None), symbols)
        reader.learn(slice(None), e, 0.5, change)
    np.testing.assert_allclose(change.flat(), -0.5 * flat.grad, rtol=1e-9, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    topology, step = SETTING.topology(), 1e-6
    flat = weights(topology)[:1]
    w = Weights.of(flat, topology.n_in)
    reader, change = Reader(w), w.zeros()
    targets = np.random.default_rng(2).uniform(size=(SYMBOLS.shape[1], topology.n_out))
    for symbol, d in zip(SYMBOLS[0], targets, strict=True):
        reader.read(slice(None), symbol[None])
        reader.learn(slice(None), d - reader.y, 1.0, change)

    def off(flat):
        moved, total = Reader(Weights.of(flat, topology.n_in)), 0.0
        for symbol, d in zip(SYMBOLS[0], targets, strict=True):
            moved.read(slice(None), symbol[None])
            total += ((d - moved.y) ** 2).sum() / 2
        return total

    moves = step * np.eye(topology.n_weights)[:, None]
    slopes = [(off(flat + move) - off(flat - move)) / (2 * step) for move in moves]
    np.testing.assert_allclose(change.flat()[0], -np.array(slopes), rtol=1e-5, atol=1e-8)


def test_rows_that_do_not_read_stay_as_they_are():
    topology = SETTING.chunker()
    flat = weights(topology)
    both, one = (Reader(Weights.of(flat, topology.n_in)) for _ in range(2))
    for symbols in SYMBOLS.T:
        both.read(slice(None), symbols)
        one.read(np.array([1]), symbols[1:])
    for name in ("h", "y", "trace"):
        assert (getattr(one, name)[0] == 0).all()
        np.testing.assert_array_equal(getattr(one, name)[1], getattr(both, name)[1])


def test_weights_come_back_in_their_order():
    topology = SETTING.topology()
    flat = weights(topology)
    np.testing.assert_array_equal(Weights.of(flat, topology.n_in).flat(), flat)


def test_the_logistic_function_is_exact_at_both_ends():
    x = np.concatenate([np.linspace(-44, 44, 10_001), [0, 1e-300, -1e-300]])
    np.testing.assert_allclose(logistic(x), torch.sigmoid(torch.as_tensor(x)), rtol=1e-14)
    np.testing.assert_array_equal(logistic(np.array([np.inf, -np.inf])), [1, 2.0**-64])
    np.testing.assert_array_equal(logistic(np.array([1e308, -1e308, np.nan])), [1, 2.0**-64, 1])
