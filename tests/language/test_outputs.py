"""Output layers: classes are a factored softmax, and its gradient is autograd's."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.language.outputs import ClassSoftmax, FullSoftmax
from replicate.training.batches import IGNORED

N_IN = 3
CLASSES = st.lists(st.integers(0, 4), min_size=1, max_size=12).map(
    lambda classes: np.unique(classes, return_inverse=True)[1]
)


def drawn(layer, seed=0):
    torch.manual_seed(seed)
    layer.double()
    for p in layer.parameters():
        torch.nn.init.normal_(p)
    return layer


def seen(n_words, n_tokens=9, seed=0):
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n_tokens, N_IN, dtype=torch.float64, generator=generator)
    return h, torch.randint(IGNORED, n_words, (n_tokens,), generator=generator)


def dense(layer, h, targets):
    """Return the loss by the probabilities of all words."""
    at = targets != IGNORED
    return -layer.of_all(h)[at].gather(1, targets[at][:, None]).sum()


@settings(max_examples=40)
@given(CLASSES, st.integers(0, 10))
def test_probabilities_sum_to_one(class_of, seed):
    layer, (h, _) = drawn(ClassSoftmax(N_IN, class_of), seed), seen(len(class_of), seed=seed)
    torch.testing.assert_close(layer.of_all(h).exp().sum(1), torch.ones(len(h)).double())


@settings(max_examples=40)
@given(CLASSES, st.integers(0, 10))
def test_loss_and_gradient_are_those_of_the_dense_layer(class_of, seed):
    layer, (h, targets) = drawn(ClassSoftmax(N_IN, class_of), seed), seen(len(class_of))
    h.requires_grad_()
    of = [h, *layer.parameters()]
    fast, reference = 0.3 * layer.loss(h, targets), 0.3 * dense(layer, h, targets)
    torch.testing.assert_close(fast, reference)
    for one, other in zip(
        torch.autograd.grad(fast, of), torch.autograd.grad(reference, of), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_gradient_is_that_of_finite_differences():
    layer, (h, targets) = drawn(ClassSoftmax(N_IN, np.array([1, 0, 2, 1, 1, 0]))), seen(6)
    names = [name for name, _ in layer.named_parameters()]

    def loss(h, *weights):
        held = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(layer, held, (h,), {"targets": targets})

    layer.forward = layer.loss
    given = [h.requires_grad_(), *layer.parameters()]
    assert torch.autograd.gradcheck(loss, given)


@settings(max_examples=40)
@given(CLASSES)
def test_log_probabilities_of_targets_are_those_among_all_words(class_of):
    for layer in (FullSoftmax(N_IN, len(class_of)), ClassSoftmax(N_IN, class_of)):
        h, targets = seen(len(class_of))
        found, at = drawn(layer).of_targets(h, targets), targets != IGNORED
        expected = layer.of_all(h)[at].gather(1, targets[at][:, None])[:, 0]
        torch.testing.assert_close(found[at], expected)
        assert not found[~at].any()
        torch.testing.assert_close(layer.loss(h, targets), -found.sum())


def test_one_class_is_a_full_softmax():
    full, one = drawn(FullSoftmax(N_IN, 7)), drawn(ClassSoftmax(N_IN, np.zeros(7, int)))
    one.words.load_state_dict(full.words.state_dict())
    h, targets = seen(7)
    torch.testing.assert_close(full.of_all(h), one.of_all(h))
    torch.testing.assert_close(full.loss(h, targets), one.loss(h, targets))


def test_no_target_is_no_loss():
    layer = drawn(ClassSoftmax(N_IN, np.array([0, 1, 0])))
    h, nothing = seen(3)[0].requires_grad_(), torch.full((9,), IGNORED)
    loss = layer.loss(h, nothing)
    loss.backward()
    assert loss == 0
    assert not h.grad.any()
    assert not layer.words.weight.grad.any()


def test_a_class_without_words_is_refused():
    with pytest.raises(ValueError, match="class 1 has no word"):
        ClassSoftmax(N_IN, np.array([0, 2]))
