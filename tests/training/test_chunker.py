"""Trials of the pair of nets: alone as among others, and how they end."""

from dataclasses import replace

import numpy as np
import pytest

from replicate.outcome import digest
from replicate.parallel import outcomes
from replicate.tasks.chunker import Chunker
from replicate.training import chunker

SMALL = Chunker(p=5, cap=40, every=10, n_frozen=20, n_test=10)
LONGER = replace(SMALL, cap=600, every=1, answers="both")


@pytest.mark.parametrize("values", [{}, {"task": "2b"}, {"reset": False}])
def test_pieces_change_no_trial(monkeypatch, values):
    setting = replace(SMALL, **values)
    together = outcomes(setting, [4, 5], "engine", "cpu")
    monkeypatch.setattr(chunker, "CHUNK", 3)
    for one in together:
        (alone,) = outcomes(setting, [one.seed], "engine", "cpu")
        assert digest(alone) == digest(one)
        assert alone.curve == one.curve
    assert digest(together[0]) != digest(together[1])


def test_a_solved_trial_is_right_on_the_test_and_a_capped_one_is_told():
    (solved,) = outcomes(LONGER, [0], "engine", "cpu")
    assert (solved.status, solved.test["wrong"]) == ("solved", 0)
    assert solved.steps == 5 * solved.sequences
    (capped,) = outcomes(SMALL, [0], "engine", "cpu")
    assert (capped.status, capped.sequences, capped.test["wrong"]) == ("capped", 40, 10)
    n = SMALL.topology().n_weights
    assert len(capped.weights) == n + SMALL.chunker().n_weights


def test_a_trial_that_diverges_is_told(monkeypatch):
    def spoilt(self, seed, plain=Chunker.initial_weights):
        weights = plain(self, seed)
        weights[0] = np.nan
        return weights

    monkeypatch.setattr(Chunker, "initial_weights", spoilt)
    (outcome,) = outcomes(SMALL, [0], "engine", "cpu")
    assert (outcome.status, outcome.sequences) == ("diverged", 1)
    assert (outcome.test, len(outcome.weights)) == ({}, 0)
