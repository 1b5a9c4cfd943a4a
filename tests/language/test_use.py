"""A trained model at work: sentences scored word by word, and sentences drawn."""

from collections import Counter

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from replicate.errors import ReplicateError
from replicate.language.evaluation import log_probabilities
from replicate.language.model import LanguageModel, Shape, draw_weights
from replicate.language.use import sampled, scored
from replicate.language.vocabulary import END, UNKNOWN, Vocabulary

WORDS = Vocabulary((END, UNKNOWN, *"abcdef"))
SHAPES = [
    Shape(8, 5, 6, n_classes=3),
    Shape(8, 5, 6, cell="rnn"),
    Shape(8, 5, 6, cell="window", order=3),
]


def model(shape, size=0.6):
    net = LanguageModel(shape, shape.n_classes and np.arange(8) % shape.n_classes)
    draw_weights(net, 0, "normal", size)
    return net


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sentence_is_scored_on_its_own_with_its_end(shape):
    net = model(shape)
    found = scored(net, WORDS, ["a", "x", "b"])
    assert [w.word for w in found] == ["a", "x", "b", END]
    assert [w.known for w in found] == [True, False, True, True]
    other = scored(net, WORDS, ["a", UNKNOWN, "b"])
    assert [w.log_probability for w in found] == [w.log_probability for w in other]
    text = WORDS.encode(["c d", "a x b"])
    logs = log_probabilities(net, text, "sentences")[3:]
    np.testing.assert_allclose([w.log_probability for w in found], logs, rtol=1e-6)


def test_the_empty_sentence_is_its_end():
    net = model(SHAPES[0])
    (end,) = scored(net, WORDS, [])
    assert (end.word, end.known) == (END, True)
    text = WORDS.encode(["c d", ""])
    assert end.log_probability == pytest.approx(log_probabilities(net, text, "sentences")[3])


def test_unknown_words_are_one_word():
    net = model(SHAPES[0])
    found, other = scored(net, WORDS, ["x", "yz"]), scored(net, WORDS, [UNKNOWN, UNKNOWN])
    assert [w.known for w in found] == [False, False, True]
    assert [w.known for w in other] == [True, True, True]
    assert [w.log_probability for w in found] == [w.log_probability for w in other]


def test_without_a_word_for_unknown_ones_they_are_refused():
    with pytest.raises(ReplicateError, match="'x' is not in the vocabulary"):
        scored(model(SHAPES[1]), Vocabulary((END, *"abcdefg")), ["x"])


@pytest.mark.parametrize("shape", SHAPES)
def test_sentences_are_drawn_as_often_as_they_are_probable(shape):
    net = model(shape)
    said = sampled(net, WORDS, 1_000, begin=["b"], temperature=0.7, longest=2)
    assert all(words[0] == "b" and UNKNOWN not in words for words in said)
    with torch.no_grad():
        h, _ = net.hidden(torch.tensor([[0], [3]]))
        p = (net.output.of_all(h[-1])[0].double() / 0.7).exp().numpy()
    expected = np.delete(p, 1) / np.delete(p, 1).sum() * len(said)
    seconds = Counter(words[1] if len(words) > 1 else END for words in said)
    found = [seconds[word] for word in WORDS.words if word != UNKNOWN]
    assert chisquare(found, expected).pvalue > 1e-3


@pytest.mark.parametrize("temperature", [1e-3, 1e-320])
def test_a_low_temperature_says_the_likeliest(temperature):
    cold = sampled(model(SHAPES[0], 1.5), WORDS, 4, temperature=temperature, longest=6)
    assert len({tuple(words) for words in cold}) == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sentence_follows_from_the_draw_and_its_place(shape):
    net = model(shape, 1.5)
    said = sampled(net, WORDS, 8, longest=6, draw=1)
    assert len({tuple(words) for words in said}) > 4
    for n in range(8):
        assert sampled(net, WORDS, n, longest=6, draw=1) == said[:n]
    other = sampled(net, WORDS, 8, longest=6, draw=2)
    assert sum(a != b for a, b in zip(said, other, strict=True)) > 4


def test_a_lower_limit_breaks_the_same_sentence_off_earlier():
    net = model(SHAPES[0], 0.1)
    whole, cut = (sampled(net, WORDS, 9, longest=n) for n in (60, 3))
    assert cut == [[*words[:3], "…"] if len(words) > 2 else words for words in whole]


def test_what_comes_to_no_end_is_broken_off():
    net = model(SHAPES[1], 0.0)
    net.output.words.bias.data[0] = -50.0
    (words,) = sampled(net, WORDS, 1, longest=5)
    assert (len(words), words[-1]) == (6, "…")


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_positive(temperature):
    with pytest.raises(ReplicateError, match=r"temperature = .*: give a positive number"):
        sampled(model(SHAPES[0]), WORDS, 1, temperature=temperature)
