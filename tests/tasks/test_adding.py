"""Experiment 4 as section 5.4 and Tables 7, 10 and 11 describe it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.adding import FIRST_PAIR, Adding
from replicate.topology import Mark, Topology, Update

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
streams = st.sampled_from(["training", "test"])
settings = st.builds(Adding, T=st.integers(20, 60), first_pair=st.sampled_from([*FIRST_PAIR]))


@given(settings, seeds, streams, firsts)
def test_the_target_is_a_scaled_sum_at_the_end(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    assert made.targets.shape == (8, 1, 1)
    np.testing.assert_array_equal(made.target_times[:, 0], made.lengths - 1)
    for shown, target in zip(made.inputs, made.targets[:, 0, 0], strict=True):
        marked = np.flatnonzero(shown[: setting.T, 1] == 1)
        on_first = len(marked) == 1 or marked[0] == 0
        counted = [shown[i, 0] for i in marked if i > 0]
        if on_first and setting.first_pair == "ordinary":
            counted.append(shown[0, 0])
        assert target == pytest.approx(0.5 + sum(counted) / 4, abs=1e-15)
        assert 0 <= target <= 1


@pytest.mark.parametrize(
    ("first_pair", "marker", "value"),
    [
        ("kept", -1, None), ("marked", 1, None), ("zeroed", 1, 0.0), ("hidden", -1, 0.0),
        ("ordinary", 1, None),
    ],
)  # fmt: skip
def test_each_reading_of_the_first_pair(first_pair, marker, value):
    made = Adding(T=20, first_pair=first_pair).sequences(1, "training", 0, 200)
    plain = Adding(T=20, first_pair="ordinary").sequences(1, "training", 0, 200)
    first = plain.inputs[:, 0, 1] == 1
    assert 20 < first.sum() < 70
    assert (made.inputs[first, 0, 1] == marker).all()
    shown = plain.inputs[first, 0, 0] if value is None else value
    assert (made.inputs[first, 0, 0] == shown).all()
    less = plain.targets[first, 0, 0] - made.targets[first, 0, 0]
    counted = 0 if first_pair == "ordinary" else plain.inputs[first, 0, 0] / 4
    np.testing.assert_allclose(less, counted, atol=1e-15)


def test_the_first_pair_may_be_left_out():
    made = Adding(T=20, first_pair="never").sequences(1, "training", 0, 200)
    assert (made.inputs[:, 0, 1] == -1).all()
    assert ((made.inputs[:, :10, 1] == 1).sum(axis=1) == 2).all()


def test_values_are_drawn_evenly_from_minus_1_to_1():
    values = Adding().sequences(5, "training", 0, 1000).inputs[:, :100, 0]
    assert (np.abs(values) <= 1).all()
    assert values.mean() == pytest.approx(0, abs=4.5 * np.sqrt(1 / 3 / values.size))
    assert values.var() == pytest.approx(1 / 3, abs=4.5 * np.sqrt(4 / 45 / values.size))


def test_lengths_places_and_values_are_independent():
    n, T = 20_000, 40
    made = Adding(T=T, first_pair="ordinary").sequences(5, "training", 0, n)
    marked = made.inputs[:, : T // 2, 1] == 1
    one, two = marked.argmax(axis=1), T // 2 - 1 - marked[:, ::-1].argmax(axis=1)
    known = two >= 10  # then X2 stands there, and X1 at the other place
    drawn = np.stack([made.lengths, one, two, *made.inputs[:, :5, 0].T])[:, known]
    related = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(related).max() < 4.5 / np.sqrt(known.sum())


@given(settings, seeds, streams, firsts)
def test_the_lag_is_at_least_the_minimal_lag(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    last = [np.flatnonzero(shown[: setting.T, 1] == 1).max() for shown in made.inputs]
    assert (made.target_times[:, 0] - last >= setting.minimal_lag()).all()
    assert setting.minimal_lag() == setting.T - setting.T // 2


def test_streams_and_seeds_differ():
    def targets(seed, stream):
        return Adding().sequences(seed, stream, 0, 20).targets.tolist()

    assert targets(0, "training") != targets(0, "test")
    assert targets(0, "training") != targets(1, "training")


def test_defaults_are_the_paper_s():
    setting = Adding()
    assert setting.topology() == Topology(
        2, 1, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True
    )
    assert setting.topology().n_weights == 93
    assert setting.update() == Update(0.5)
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every) == (0.04, 2000, 0)
    assert rule.marks == (Mark(mean_below=0.01),)
    assert (rule.cap, rule.n_test) == (5_000_000, 2560)


def test_the_output_unit_may_be_another():
    no_slope = Adding(output_unit="no_slope").topology()
    assert (no_slope.output, no_slope.output_slope) == ("logistic", False)
    for name in ("logistic", "identity", "centred2"):
        other = Adding(output_unit=name).topology()
        assert (other.output, other.output_slope) == (name, True)
    assert Adding(reset=0.5).topology().reset == 0.5


@given(seeds)
def test_weights_start_in_their_range_but_for_the_input_gates(seed):
    weights = Adding().initial_weights(seed)
    hidden = weights[:88].reshape(8, 11)  # 8 units of 2 inputs, 8 units and a bias
    assert hidden[4:6, -1].tolist() == [-3, -6]
    assert np.sum(np.abs(weights) > 0.1) == 2
    assert len(np.unique(weights)) > 90
    assert (weights != Adding().initial_weights(seed + 1)).sum() == 91


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input_gate_bias": (-3.0,)}, "input_gate_bias = .-3.0.: give one number for each"),
        ({"n_blocks": 3}, "each of the n_blocks = 3 blocks"),
        ({"first_pair": "set"}, "first_pair = 'set': give one of kept, marked, zeroed"),
        ({"output_unit": "tanh"}, "output_unit = 'tanh': give one of logistic, no_slope"),
        ({"T": 19}, "T = 19: give 20 to 100000"),
        ({"T": 100.0}, "T = 100.0: give int, not float"),
        ({"learning_rate": float("nan")}, "learning_rate = nan: give a finite number"),
        ({"lag": 3}, "no setting 'lag'"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        Adding.of(change)
