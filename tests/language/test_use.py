"""A trained model at work: sentences scored word by word, and sentences drawn."""

from collections import Counter

import numpy as np
import pytest
import torch

from replicate.errors import ReplicateError
from replicate.language.evaluation import log_probabilities
from replicate.language.model import LanguageModel, Shape, draw_weights
from replicate.language.use import sampled, scored, tokens
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
    (end,) = scored(model(SHAPES[0]), WORDS, [])
    assert (end.word, end.known) == (END, True)


def test_without_a_word_for_unknown_ones_they_are_refused():
    with pytest.raises(ReplicateError, match="'x' is not in the vocabulary"):
        scored(model(SHAPES[1]), Vocabulary((END, *"abcdefg")), ["x"])


@pytest.mark.parametrize(
    ("corpus", "expected"),
    [
        ("bible", ["don", "'t", "fear", ",", "N", "men", "!"]),
        ("ptb", ["don't", "fear,", "12", "men!"]),
        ("toy", ["don't", "fear,", "12", "men!"]),
    ],
)
def test_words_are_found_as_those_of_the_corpus_were(corpus, expected):
    found = tokens("Don't fear, 12 men!", corpus)
    assert found[-4:] == expected[-4:] if corpus != "bible" else found[2:] == expected[2:]


@pytest.mark.parametrize("shape", SHAPES)
def test_sentences_are_drawn_as_often_as_they_are_probable(shape):
    net = model(shape)
    said = sampled(net, WORDS, 20_000, begin=["b"], longest=2)
    assert all(words[0] == "b" and UNKNOWN not in words for words in said)
    with torch.no_grad():
        h, _ = net.hidden(torch.tensor([[0], [3]]))
        p = net.output.of_all(h[-1])[0].exp().numpy()
    p[1] = 0.0
    p /= p.sum()
    seconds = Counter(words[1] if len(words) > 1 else END for words in said)
    shares = np.array([seconds[word] / len(said) for word in WORDS.words])
    np.testing.assert_allclose(shares, p, atol=0.015)


def test_a_low_temperature_says_the_likeliest_and_draws_repeat():
    net = model(SHAPES[0], 1.5)
    cold = sampled(net, WORDS, 4, temperature=1e-3, longest=6)
    assert len({tuple(words) for words in cold}) == 1
    warm = sampled(net, WORDS, 4, longest=6, draw=1)
    assert warm == sampled(net, WORDS, 4, longest=6, draw=1)
    assert warm != sampled(net, WORDS, 4, longest=6, draw=2)


def test_what_comes_to_no_end_is_broken_off():
    net = model(SHAPES[1], 0.0)
    net.output.words.bias.data[0] = -50.0
    (words,) = sampled(net, WORDS, 1, longest=5)
    assert (len(words), words[-1]) == (6, "…")


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_a_temperature_is_positive(temperature):
    with pytest.raises(ReplicateError, match=r"temperature = .*: give a positive number"):
        sampled(model(SHAPES[0]), WORDS, 1, temperature=temperature)
