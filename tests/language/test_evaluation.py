"""Judging a model: order of the tokens, batches, and two measures that are not one."""

import numpy as np
import pytest
import torch

from replicate.language.evaluation import by_place, log_probabilities, perplexity
from replicate.language.model import LanguageModel, Shape, draw_weights
from replicate.language.toy import END, toy
from replicate.training.batches import Batch

TEXT = toy(10, 700).test
SHAPES = [
    Shape(33, 5, 6, n_classes=4),
    Shape(33, 5, 6, peepholes=False),
    Shape(33, 5, 6, cell="rnn"),
    Shape(33, 5, 6, cell="window", order=4, n_classes=4),
]


def model(shape):
    net = LanguageModel(shape, shape.n_classes and np.arange(33) % shape.n_classes, 0.3)
    draw_weights(net, 0, "normal", 0.6)
    return net


def one_by_one(net, text, whole):
    """Return ln p of each token, computed word by word without batches."""
    found, states, before = [], None, END
    net.eval()
    for word in text:
        shown = Batch((torch.tensor([[before]]),), torch.tensor([[int(word)]]))
        with torch.no_grad():
            logs, states = net.of_targets(shown, states)
        found.append(logs.item())
        before = int(word)
        if before == END and not whole:
            states = None
    return np.array(found)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.cell)
@pytest.mark.parametrize("measure", ["sentences", "running"])
def test_every_token_has_the_probability_that_it_has_alone(shape, measure):
    net = model(shape)
    found = log_probabilities(net, TEXT, measure)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, one_by_one(net, TEXT, measure == "running"), rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.cell)
def test_how_many_sentences_are_judged_at_a_time_does_not_matter(shape):
    net = model(shape)
    found = [log_probabilities(net, TEXT, "sentences", n) for n in (1, 7, 64, 10_000)]
    for other in found[1:]:
        assert perplexity(other) == pytest.approx(perplexity(found[0]), rel=1e-6)
        np.testing.assert_allclose(other, found[0], rtol=1e-5, atol=1e-6)


def test_the_measures_differ_but_in_the_first_sentence():
    net = model(SHAPES[0])
    apart, whole = (log_probabilities(net, TEXT, m) for m in ("sentences", "running"))
    first = int(np.flatnonzero(TEXT == END)[0]) + 1
    np.testing.assert_allclose(apart[:first], whole[:first], rtol=1e-5)
    assert (np.abs(apart[first:] - whole[first:]) > 1e-4).mean() > 0.5


def test_judging_leaves_a_model_as_it_was():
    net = model(SHAPES[0]).train()
    log_probabilities(net, TEXT[-20:], "sentences")
    assert net.training
    assert not any(p.grad is not None for p in net.parameters())


def test_perplexity_is_what_a_uniform_guess_deserves_and_every_token_counts_once():
    assert perplexity(np.full(10, -np.log(50.0))) == pytest.approx(50.0)
    assert perplexity(np.log([0.5, 0.125])) == pytest.approx(4.0)
    assert perplexity(np.log([1.0, 1.0, 1 / 8])) == pytest.approx(2.0)
    assert perplexity(np.array([-1e4])) == np.inf


def test_places_are_counted_from_the_beginning_of_each_sentence():
    text = np.array([3, 4, END, END, 5, 6, 7, 8, 9, END])
    logs = -np.arange(1.0, 11.0)
    found = by_place(logs, text, END)
    assert found == {
        "perplexity_from_1": pytest.approx(np.exp((1 + 4 + 5) / 3)),
        "perplexity_from_2": pytest.approx(np.exp((2 + 6) / 2)),
        "perplexity_from_3": pytest.approx(np.exp((3 + 7 + 8) / 3)),
        "perplexity_from_5": pytest.approx(np.exp((9 + 10) / 2)),
    }
