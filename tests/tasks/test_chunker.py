"""The setting of the sequence chunker: Table 2, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from replicate.errors import SettingError
from replicate.tasks.chunker import Chunker
from replicate.tasks.long_lag import LongLag

RTRL = {"net": "rtrl", "update_after": "step", "grown": False}


@pytest.mark.parametrize(("p", "a", "c"), [(4, 42, 36), (10, 156, 144), (100, 10_506, 10_404)])
def test_weights_are_those_of_table_2(p, a, c):
    setting = Chunker(p=p)
    assert (setting.topology().n_weights, setting.chunker().n_weights) == (a, c)
    assert setting.chunker() == replace(LongLag(p=p, **RTRL).topology(), carry=False)
    weights = setting.initial_weights(3)
    assert weights.shape == (a + c,)
    assert (np.abs(weights) < 0.2).all()
    assert np.std(weights[:c] - weights[a:]) > 0.05
    assert (setting.minimal_lag(), setting.update().learning_rate) == (p, 1.0)


@pytest.mark.parametrize("task", ["2a", "2b"])
def test_sequences_are_those_of_lstm(task):
    setting, lstm = Chunker(task=task, p=7), LongLag(task=task, p=7)
    symbols = setting.symbols(5, "training", 3, 4)
    one, other = (s.sequences(5, "training", 3, 4) for s in (setting, lstm))
    np.testing.assert_array_equal(one.targets, other.targets)
    np.testing.assert_array_equal(symbols[:, :-1], one.inputs)
    np.testing.assert_array_equal(symbols[:, 1:], one.targets)
    judged = lstm.sequences(5, "test", 0, 1).target_times[0, 0]
    assert setting.judged_from() == judged


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"task": "2c"}, "task = '2c': give one of 2a, 2b"),
        ({"threshold": 1.5}, "threshold = 1.5: give 0.0 to 1.0"),
        ({"threshold": "high"}, "threshold = 'high': give float, not str"),
        ({"update_after": "epoch"}, "update_after = 'epoch': give one of step, sequence"),
        ({"answers": "chunker"}, "answers = 'chunker': give one of automatizer, both"),
        ({"p": 1}, "p = 1: give 2 to 10000"),
        ({"dtype": "float32"}, "dtype = 'float32': give one of float64"),
        ({"reset": 0}, "reset = 0: give bool, not int"),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(SettingError) as refused:
        Chunker.of(values)
    assert str(refused.value) == message
