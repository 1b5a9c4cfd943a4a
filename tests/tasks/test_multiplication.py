"""Experiment 5 as section 5.5 and Tables 8, 10 and 11 describe it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.adding import Adding
from replicate.tasks.multiplication import FIRST_PAIR, Multiplication
from replicate.topology import Mark, Topology, Update
from tests.tasks.pieces import pieces_are_the_whole

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
streams = st.sampled_from(["training", "test"])
sizes = st.integers(20, 60)
settings = st.builds(
    Multiplication, T=sizes, first_pair=st.sampled_from([*FIRST_PAIR])
)  # fmt: skip


@given(settings, seeds, streams, firsts)
def test_the_target_is_the_product_at_the_end(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    assert made.targets.shape == (8, 1, 1)
    np.testing.assert_array_equal(made.target_times[:, 0], made.lengths - 1)
    for shown, target in zip(made.inputs, made.targets[:, 0, 0], strict=True):
        marked = np.flatnonzero(shown[: setting.T, 1] == 1)
        counted = [shown[i, 0] for i in marked if i > 0]  # the first pair counts as 1
        assert target == pytest.approx(np.prod(counted), abs=1e-15)
        assert 0 <= target <= 1


@given(settings, seeds, streams, firsts)
def test_values_are_from_0_to_1(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    values = made.inputs[:, :, 0]
    assert ((values >= 0) & (values <= 1)).all()
    assert made.inputs.shape == (8, setting.T + setting.T // 10, 2)


def test_values_are_drawn_evenly():
    values = Multiplication().sequences(5, "training", 0, 1000).inputs[:, :100, 0]
    assert values.mean() == pytest.approx(0.5, abs=4.5 * np.sqrt(1 / 12 / values.size))
    assert values.var() == pytest.approx(1 / 12, abs=4.5 * np.sqrt(1 / 180 / values.size))


@given(sizes, seeds, streams, firsts)
def test_lengths_and_marks_are_those_of_the_adding_problem(T, seed, stream, first):
    made, summed = (
        kind(T=T).sequences(seed, stream, first, 8) for kind in (Multiplication, Adding)
    )
    np.testing.assert_array_equal(made.lengths, summed.lengths)
    np.testing.assert_array_equal(made.inputs[:, :, 1], summed.inputs[:, :, 1])


@pytest.mark.parametrize(
    ("first_pair", "marker", "value"), [("kept", -1, None), ("marked", 1, None), ("set", 1, 1)]
)
def test_each_reading_of_the_first_pair(first_pair, marker, value):
    made = Multiplication(T=20, first_pair=first_pair).sequences(1, "training", 0, 200)
    plain = Multiplication(T=20, first_pair="marked").sequences(1, "training", 0, 200)
    first = plain.inputs[:, 0, 1] == 1
    assert 20 < first.sum() < 70
    assert (made.inputs[first, 0, 1] == marker).all()
    shown = plain.inputs[first, 0, 0] if value is None else value
    assert (made.inputs[first, 0, 0] == shown).all()
    np.testing.assert_array_equal(made.targets, plain.targets)
    np.testing.assert_array_equal(made.inputs[:, 1:], plain.inputs[:, 1:])


def test_the_first_pair_may_be_left_out():
    made = Multiplication(T=20, first_pair="never").sequences(1, "training", 0, 200)
    assert (made.inputs[:, 0, 1] == -1).all()
    assert ((made.inputs[:, :10, 1] == 1).sum(axis=1) == 2).all()


@given(settings, seeds, streams, firsts)
def test_the_lag_is_at_least_the_minimal_lag(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    last = [np.flatnonzero(shown[: setting.T, 1] == 1).max() for shown in made.inputs]
    assert (made.target_times[:, 0] - last >= setting.minimal_lag()).all()
    assert setting.minimal_lag() == setting.T - setting.T // 2


@given(settings, seeds, streams, firsts, st.lists(st.integers(1, 4), max_size=4))
def test_pieces_are_the_whole(setting, seed, stream, first, counts):
    pieces_are_the_whole(setting, seed, stream, first, [*counts, 1])


def test_streams_and_seeds_differ():
    def targets(seed, stream):
        return Multiplication().sequences(seed, stream, 0, 20).targets.tolist()

    assert targets(0, "training") != targets(0, "test")
    assert targets(0, "training") != targets(1, "training")


def test_defaults_are_the_paper_s():
    setting = Multiplication()
    assert (setting.T, setting.minimal_lag(), setting.dtype) == (100, 50, "float64")
    assert setting.topology() == Topology(
        2, 1, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True
    )
    assert setting.topology().n_weights == 93
    assert setting.update() == Update(0.1)
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every) == (0.04, 2000, 0)
    assert rule.marks == (Mark("n140", 140), Mark("solved", 13))
    assert (rule.cap, rule.n_test) == (5_000_000, 2560)


def test_marks_are_named_by_their_numbers():
    rule = Multiplication(fewer=(500, 20, 3)).stopping()
    assert rule.marks == (Mark("n500", 500), Mark("n20", 20), Mark("solved", 3))
    assert Multiplication(fewer=(7,)).stopping().marks == (Mark("solved", 7),)


def test_the_output_unit_may_be_another():
    no_slope = Multiplication(output_unit="no_slope").topology()
    assert (no_slope.output, no_slope.output_slope) == ("logistic", False)
    linear = Multiplication(output_unit="identity").topology()
    assert (linear.output, linear.output_slope) == ("identity", True)


@given(seeds)
def test_all_weights_start_in_their_range_biases_too(seed):
    weights = Multiplication().initial_weights(seed)
    assert weights.shape == (93,)
    assert (np.abs(weights) <= 0.1).all()
    assert np.abs(weights).max() > 0.08
    assert (weights != Multiplication().initial_weights(seed + 1)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fewer": ()}, "fewer = ..: give falling numbers, each at least 1"),
        ({"fewer": (13, 140)}, "fewer = .13, 140.: give falling numbers"),
        ({"fewer": (140, 140)}, "fewer = .140, 140.: give falling numbers"),
        ({"fewer": (13, 0)}, "fewer = .13, 0.: give falling numbers, each at least 1"),
        ({"fewer": 13}, "fewer = 13: give a list of int"),
        ({"first_pair": "zeroed"}, "first_pair = 'zeroed': give one of kept, marked, set"),
        ({"input_gate_bias": (-3.0, -6.0)}, "no setting 'input_gate_bias'"),
        ({"T": 19}, "T = 19: give 20 to 100000"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        Multiplication.of(change)
