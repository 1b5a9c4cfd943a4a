"""Trials of the count model: what it says of a language whose perplexity is known."""

import pytest

from replicate import corpora
from replicate.language import toy
from replicate.language.evaluation import perplexity
from replicate.outcome import digest
from replicate.parallel import outcomes
from replicate.tasks.count_model import CountModel


def test_it_comes_near_the_toy_language():
    best = perplexity(toy.log_probabilities(toy.toy().test))
    one, other = outcomes(CountModel(corpus="toy", order=3), [0, 1], "torch", "cpu")
    assert best < one.test["test_perplexity"] < 1.3 * best
    assert one.test["test_words"] == len(toy.toy().test)
    assert one.steps == len(toy.toy().train)
    assert one.test == other.test
    assert digest(one) != digest(other)


@pytest.mark.corpus
@pytest.mark.skipif(not CountModel().possible(), reason="the Penn Treebank is not here")
def test_it_is_the_model_that_others_report_on_the_penn_treebank():
    (found,) = outcomes(CountModel(), [0], "torch", "cpu")
    assert found.test["test_perplexity"] == pytest.approx(141.2, abs=0.3)
    assert found.test["test_words"] == corpora.entry("ptb").files["test"].tokens
