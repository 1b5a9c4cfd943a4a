"""The whole model: how many weights it has, and where they come from."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.language.model import LanguageModel, Shape, draw_weights, trained
from replicate.training.batches import Batch

SHAPES = st.builds(
    Shape,
    n_words=st.integers(2, 30),
    n_projection=st.integers(1, 9),
    n_hidden=st.integers(1, 9),
    cell=st.sampled_from(["lstm", "rnn", "window"]),
    forget_gate=st.booleans(),
    peepholes=st.booleans(),
    squash=st.sampled_from(["tanh", "logistic"]),
    order=st.integers(3, 6),
    n_layers=st.integers(1, 3),
    n_classes=st.none() | st.integers(1, 2),
)


def model(shape, **more):
    classes = shape.n_classes and np.arange(shape.n_words) % shape.n_classes
    return LanguageModel(shape, classes, **more)


def batch(n_words, time=5, size=3):
    drawn = torch.randint(n_words, (2, time, size), generator=torch.Generator().manual_seed(0))
    return Batch((drawn[0],), drawn[1])


@settings(max_examples=40)
@given(SHAPES)
def test_there_are_as_many_weights_as_the_formula_says(shape):
    with torch.device("meta"):
        net = model(shape)
    assert sum(p.numel() for p in trained(net)) == shape.n_weights


def test_the_papers_scale_needs_no_memory_to_be_counted():
    shape = Shape(200_000, 300, 300, n_classes=1000)
    with torch.device("meta"):
        net = model(shape)
    assert (
        sum(p.numel() for p in trained(net))
        == shape.n_weights
        == 60_000_000 + 301 * 201_000 + 300 * 2407
    )


def test_a_loss_on_the_meta_device():
    with torch.device("meta"):
        net = model(Shape(50, 4, 6))
    shown = batch(50).to(torch.device("meta"))
    loss, _ = net(shown)
    assert loss.shape == ()
    assert loss.is_meta


@settings(max_examples=40)
@given(SHAPES)
def test_a_text_cut_in_two_has_the_loss_of_the_whole(shape):
    net, whole = model(shape).double(), batch(shape.n_words)
    draw_weights(net, 1, "normal", 0.5)
    halves = [Batch((whole.inputs[0][t],), whole.targets[t]) for t in (slice(2), slice(2, 5))]
    first, states = net(halves[0])
    second, _ = net(halves[1], states)
    torch.testing.assert_close(first + second, net(whole)[0])


@settings(max_examples=40)
@given(SHAPES)
def test_words_that_are_projected_once_are_those_projected_each_time(shape):
    net, shown = model(shape).double(), batch(shape.n_words).inputs[0]
    draw_weights(net, 1, "normal", 0.5)
    x = net.projection(shown)
    for layer in net.layers:
        x, _ = layer(x)
    h, _ = net.hidden(shown)
    torch.testing.assert_close(h, x)
    inner = trained(net.projection) + trained(net.layers)
    ours, theirs = (torch.autograd.grad((y**2).sum(), inner) for y in (h, x))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_weights_are_drawn_from_the_seed_alone(kind):
    def weights(seed):
        net = LanguageModel(Shape(300, 20, 30))
        draw_weights(net, seed, kind, 0.1)
        return torch.nn.utils.parameters_to_vector(trained(net)).detach()

    one, again, other = weights(0), weights(0), weights(1)
    assert torch.equal(one, again)
    assert (one != other).all()
    assert one.mean().abs() < 0.002
    assert one.std().item() == pytest.approx(
        0.1 if kind == "normal" else 0.1 / 3**0.5, rel=0.02
    )
    assert kind == "normal" or one.abs().max() < 0.1


def test_a_projection_may_hold_only_the_gradients_of_words_shown():
    dense, sparse = (model(Shape(40, 4, 5), sparse=held) for held in (False, True))
    for net in (dense, sparse):
        draw_weights(net, 3, "normal", 0.3)
        net(batch(40))[0].backward()
    assert sparse.projection.weight.grad.is_sparse
    torch.testing.assert_close(
        sparse.projection.weight.grad.to_dense(), dense.projection.weight.grad
    )


def test_weights_that_are_not_trained_are_zero():
    net = LanguageModel(Shape(9, 3, 4, peepholes=False))
    draw_weights(net, 0, "normal", 1.0)
    assert not net.layers[0].layer.bias_hh_l0.any()
    assert net.layers[0].layer.bias_ih_l0.all()
