"""The toy language: sentences end, and its perplexity is what is claimed."""

import numpy as np
import pytest

from replicate.language.evaluation import perplexity
from replicate.language.toy import END, kinds, log_probabilities, toy


def test_texts_are_whole_sentences_and_differ():
    corpus = toy(500, 300)
    texts = [corpus.train, corpus.valid, corpus.test]
    for text, least in zip(texts, (500, 300, 300), strict=True):
        assert text.dtype == np.int32
        assert least <= len(text) < least + 100
        assert text[0] != END == text[-1]
        assert not ((text[1:] == END) & (text[:-1] == END)).any()
    assert corpus.train[:300].tolist() != corpus.test[:300].tolist()
    assert len(corpus.vocabulary) == 33


def test_probabilities_sum_to_one_and_are_those_of_the_texts():
    text = toy(200_000).train
    for word in (0, 1, 9, 17, 25):
        pairs = np.array([[word, after] for after in range(33)]).ravel()
        with np.errstate(divide="ignore"):
            assert np.exp(log_probabilities(pairs)[1::2]).sum() == pytest.approx(1.0)
    before, now = kinds(np.concatenate([[END], text[:-1]])), kinds(text)
    chances = np.histogram2d(before, now, bins=5)[0]
    entropy = -(chances * np.log(np.maximum(chances, 1) / chances.sum(1, keepdims=True))).sum()
    spread = (now != 4).sum() * np.log(8)
    assert np.log(perplexity(log_probabilities(text))) == pytest.approx(
        (entropy + spread) / len(text), rel=1e-3
    )
