"""Guessing counts what it is shown, and a guess that is right is right."""

from dataclasses import replace

import numpy as np

from replicate.cells import lstm97
from replicate.engine import draws
from replicate.outcome import digest
from replicate.parallel import outcomes
from replicate.tasks.guessing import Guessing

EASY = Guessing(T=20, n_training=20, cap=20_000, n_test=100)


def says(setting, weights, shown, i):
    """Return what a net says at the end of a sequence, by the readable cell."""
    inputs = shown.inputs[i, : shown.lengths[i]]
    return lstm97.inside(setting.topology(), weights, inputs)["y_k"][-1]


def test_guesses_are_tried_one_after_the_other_until_one_is_right():
    (found,) = outcomes(EASY, [2], "engine", "cpu")
    assert found.status == "solved"
    tolerance, n = EASY.stopping().tolerance, EASY.topology().n_weights
    shown = EASY.sequences(2, "training", 0, 20)
    sequences = steps = 0
    for guess in range(found.test["guesses"]):
        weights = draws.uniform(2, "guess", guess, 1, 0, n, -100.0, 100.0)[0]
        for i in range(20):
            sequences, steps = sequences + 1, steps + int(shown.lengths[i])
            if abs(says(EASY, weights, shown, i) - shown.targets[i, 0]).max() >= tolerance:
                break
        else:
            break
    assert guess + 1 == found.test["guesses"]
    assert (found.sequences, found.steps) == (sequences, steps)
    np.testing.assert_array_equal(found.weights, weights)


def test_a_trial_that_finds_nothing_is_capped_at_the_very_guess():
    hard = replace(EASY, task="3c", cap=13)
    (found,) = outcomes(hard, [0], "engine", "cpu")
    assert (found.status, found.test["guesses"]) == ("capped", 13)
    assert found.test["wrong"] > 0


def test_one_digest_in_any_order():
    both = {o.seed: digest(o) for o in outcomes(EASY, [4, 5], "engine", "cpu")}
    (alone,) = outcomes(EASY, [5], "engine", "cpu")
    assert digest(alone) == both[5] != both[4]
