"""Final weights: as recorded, or trained anew where a record has their digest only."""

import numpy as np
import pytest

from replicate import records, trials
from replicate.chapters import nets
from replicate.tasks.adding import Adding
from replicate.tasks.reber import Reber


def made(tmp_path, setting, n):
    return trials.run(setting, range(n), path=tmp_path / "trials.jsonl", progress=False)


def test_weights_without_room_are_trained_anew(tmp_path):
    small = made(tmp_path, Adding(T=20, cap=50, n_test=10), 2)
    large = made(tmp_path, Reber(n_strings=16, cap=200), 3)
    assert records.weights(large[0]) is None
    found = nets.weights([large[2], small[0], large[0]])
    assert [len(w) for w in found] == [276, 93, 276]
    np.testing.assert_array_equal(found[1], records.weights(small[0]))
    np.testing.assert_array_equal(found[0], nets.weights(large)[2])


def test_a_trial_that_comes_out_otherwise_is_refused(tmp_path):
    (trial,) = made(tmp_path, Reber(n_strings=16, cap=200), 1)
    with pytest.raises(ValueError, match="came out otherwise"):
        nets.weights([{**trial, "weights": trial["weights"][:-4] + "0000"}])
