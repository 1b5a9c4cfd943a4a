"""Models that are mixed, by weights that EM tunes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from replicate.errors import ReplicateError
from replicate.language.mixture import mixed, tuned

chances = st.floats(1e-6, 1.0)
pairs = st.lists(st.tuples(chances, chances), min_size=1, max_size=30)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan, np.inf])
def test_what_is_no_probability_is_refused(bad):
    with pytest.raises(ReplicateError, match="probabilities lie in 0 to 1, not"):
        tuned([np.array([0.5, bad])])


@pytest.mark.parametrize("models", [[], [np.array([])], [np.ones(3), np.ones(2)], [np.eye(2)]])
def test_models_speak_of_the_same_tokens(models):
    with pytest.raises(ReplicateError, match="give each model's for the same tokens"):
        tuned(models)


@given(pairs)
def test_em_finds_the_best_weight(given_pairs):
    models = np.array(given_pairs).T

    def loss(weight):
        return -np.log(weight * models[0] + (1 - weight) * models[1]).mean()

    weights = tuned(models)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
    assert loss(weights[0]) <= min(best.fun, loss(0.0), loss(1.0)) + 1e-5


def test_em_finds_the_shares_of_a_mixed_text():
    # heads or tails, of two coins that show heads with probability 0.8 and 0.2
    heads = np.arange(10_000) % 100 < 62  # 0.7 * 0.8 + 0.3 * 0.2
    models = [np.where(heads, p, 1 - p) for p in (0.8, 0.2)]
    assert tuned(models) == pytest.approx([0.7, 0.3], abs=1e-4)


def test_a_model_that_gains_nothing_gets_no_weight():
    weights = tuned([np.full(50, 0.5), np.full(50, 0.25), np.full(50, 0.1)])
    assert weights == pytest.approx([1, 0, 0], abs=1e-3)


def test_a_zero_of_one_model_is_another_one_s_business():
    models = [np.array([0.0, 0.5]), np.array([0.5, 0.0])]
    assert tuned(models) == pytest.approx([0.5, 0.5])
    assert mixed(models, np.array([0.5, 0.5])).tolist() == [0.25, 0.25]
    with pytest.raises(ReplicateError, match="a token has probability 0 in every model"):
        tuned([np.array([0.0, 0.5]), np.array([0.0, 0.5])])


@given(pairs, st.floats(0, 1))
def test_a_mixture_lies_between_its_models(given_pairs, weight):
    models = np.array(given_pairs).T
    found = mixed(models, np.array([weight, 1 - weight]))
    assert (found >= models.min(axis=0) * (1 - 1e-12)).all()
    assert (found <= models.max(axis=0) * (1 + 1e-12)).all()


@pytest.mark.parametrize("weights", [[0.5], [0.5, 0.6], [1.5, -0.5], [np.nan, 1.0]])
def test_weights_are_shares(weights):
    with pytest.raises(ReplicateError, match="give one for each model, with a sum of 1"):
        mixed([np.array([0.5]), np.array([0.5])], np.array(weights))
