"""The digest: one for each outcome, the same everywhere."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest

from replicate.outcome import Outcome, at_mark, digest, measured, weights_digest

GIVEN = Outcome(
    seed=3, status="solved", sequences=7, steps=80, test={"wrong": 1, "mean_abs_error": 0.1},
    curve=[[7, 0.5, 1]], weights=np.array([0.1, -0.0, 1e-310]), seconds=1.5,
)  # fmt: skip


def test_digest_is_known():
    assert digest(GIVEN) == "1e1affb2feba7efdab9355c7e0b5fef8761f9da894188917e11a23e5bc043f9b"


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"status": "capped"},
        {"sequences": 8},
        {"steps": 81},
        {"test": {"wrong": 1, "mean_abs_error": np.nextafter(0.1, 1)}},
        {"test": {"wrong": 1}},
        {"weights": np.array([0.1, 0.0, 1e-310])},
        {"weights": np.array([0.1, -0.0])},
    ],
)
def test_digest_sees_every_bit(change):
    assert digest(dataclasses.replace(GIVEN, **change)) != digest(GIVEN)


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 9.0},
        {"curve": []},
        {"sequences": np.int64(7)},
        {"test": {"mean_abs_error": np.float64(0.1), "wrong": np.int32(1)}},
        {"weights": np.array([9, 0.1, 9, -0.0, 9, 1e-310])[1::2]},
        {"weights": GIVEN.weights.astype(">f8")},
    ],
)
def test_digest_is_of_values_not_of_their_form(change):
    assert digest(dataclasses.replace(GIVEN, **change)) == digest(GIVEN)


def test_digest_without_weights_at_hand():
    bare = dataclasses.replace(GIVEN, weights=np.empty(0))
    assert digest(bare, weights_digest(GIVEN.weights)) == digest(GIVEN)


def test_digest_does_not_depend_on_the_process():
    code = (
        "from replicate.outcome import *; "
        "print(digest(Outcome(1, 'capped', 2, 3, {'wrong': 4, 'mean_abs_error': 0.5})))"
    )
    found = set()
    for seed in "12":
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        found.add(subprocess.check_output([sys.executable, "-c", code], env=env))
    assert len(found) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": "won"},
        {"weights": np.array([0.1, np.nan])},
        {"test": {"mean_abs_error": float("inf")}},
    ],
)
def test_impossible_outcomes_are_refused(change):
    with pytest.raises(ValueError, match=r"won|not finite"):
        dataclasses.replace(GIVEN, **change)


def test_test_numbers_are_means_over_sequences():
    found = measured(1, [0.5, 0.25], [0.25, 0.125])
    means = {"mean_abs_error": 0.375, "mean_squared_error": 0.1875}
    assert found == {"sequences": 2, "wrong": 1} | means
    kept = at_mark("ST1", 300, found)
    assert kept["ST1.sequences"] == 300
    assert kept["ST1.wrong"] == 1
