"""Experiment 3 as section 5.3 and Tables 4 to 6, 10 and 11 describe it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.two_sequence import TwoSequence
from replicate.topology import Mark, Topology, Update
from tests.tasks.pieces import pieces_are_the_whole

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
tasks = st.sampled_from(["3a", "3b", "3c"])
streams = st.sampled_from(["training", "check", "test"])
settings = st.builds(TwoSequence, task=tasks, T=st.integers(10, 50), N=st.integers(1, 9))


@given(settings, seeds, streams, firsts)
def test_a_signal_then_noise_then_a_target(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    longest = setting.T + setting.T // 10
    assert made.inputs.shape == (8, longest, 1)
    assert made.lengths.dtype == np.int32
    assert ((made.lengths >= setting.T) & (made.lengths <= longest)).all()
    np.testing.assert_array_equal(made.target_times[:, 0], made.lengths - 1)
    assert made.targets.shape == (8, 1, 1)
    signal = made.inputs[:, : setting.N, 0]
    if setting.task != "3b":
        assert (np.abs(signal) == 1).all()
        assert (signal == signal[:, :1]).all()
    assert (np.abs(made.inputs[:, setting.N :]) != 1).all()


@given(settings, seeds, st.sampled_from(["check", "test"]), firsts)
def test_targets_tell_the_class_without_noise_in_tests(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    clean = TwoSequence(task="3a", T=setting.T, N=setting.N)
    one = clean.sequences(seed, stream, first, 8).inputs[:, 0, 0] == 1
    if setting.task != "3b":
        np.testing.assert_array_equal(made.inputs[:, 0, 0] == 1, one)
    in_1, in_2 = (0.2, 0.8) if setting.task == "3c" else (1.0, 0.0)
    np.testing.assert_array_equal(made.targets[:, 0, 0], np.where(one, in_1, in_2))


@given(settings, seeds, firsts)
def test_only_3c_has_noise_on_its_training_targets(setting, seed, first):
    targets = setting.sequences(seed, "training", first, 8).targets
    exact = np.isin(targets, (0.2, 0.8) if setting.task == "3c" else (0.0, 1.0))
    assert not exact.any() if setting.task == "3c" else exact.all()


def test_the_noise_of_inputs_has_variance_0_2():
    n, T = 2000, 100
    for task, N in [("3a", 3), ("3b", 3), ("3c", 1)]:
        made = TwoSequence(task=task, T=T, N=N).sequences(7, "training", 0, n)
        noise = made.inputs[:, N:T, 0]
        assert noise.mean() == pytest.approx(0, abs=4.5 * np.sqrt(0.2 / noise.size))
        assert noise.var() == pytest.approx(0.2, abs=4.5 * 0.2 * np.sqrt(2 / noise.size))
        # Neighbours are independent.
        product = noise[:, 1:] * noise[:, :-1]
        assert product.mean() == pytest.approx(0, abs=4.5 * 0.2 / np.sqrt(product.size))


def test_3b_has_the_same_noise_on_its_signal():
    n, N = 20_000, 3
    made = TwoSequence(task="3b", T=10, N=N).sequences(7, "test", 0, n)
    signal = made.inputs[:, :N, 0]
    for target, mean in [(1.0, 1.0), (0.0, -1.0)]:
        noise = signal[made.targets[:, 0, 0] == target] - mean
        assert noise.mean() == pytest.approx(0, abs=4.5 * np.sqrt(0.2 / noise.size))
        assert noise.var() == pytest.approx(0.2, abs=4.5 * 0.2 * np.sqrt(2 / noise.size))


def test_3c_has_noise_of_variance_0_1_on_its_targets():
    n = 20_000
    made = TwoSequence(task="3c", T=10).sequences(7, "training", 0, n)
    expected = np.where(made.inputs[:, 0, 0] == 1, 0.2, 0.8)
    noise = made.targets[:, 0, 0] - expected
    assert noise.mean() == pytest.approx(0, abs=4.5 * np.sqrt(0.1 / n))
    assert noise.var() == pytest.approx(0.1, abs=4.5 * 0.1 * np.sqrt(2 / n))


def test_variances_may_be_others():
    setting = TwoSequence(task="3b", T=10, N=1, noise_variance=0.0, signal_variance=0.04)
    made = setting.sequences(7, "test", 0, 20_000)
    assert (made.inputs[:, 1:] == 0).all()
    signal = made.inputs[:, 0, 0] - (2 * made.targets[:, 0, 0] - 1)
    assert signal.var() == pytest.approx(0.04, rel=0.05)
    quiet = TwoSequence(task="3c", target_variance=0.0).sequences(7, "training", 0, 50)
    assert np.isin(quiet.targets, (0.2, 0.8)).all()


@pytest.mark.parametrize("task", ["3a", "3b", "3c"])
def test_classes_and_lengths_are_drawn_evenly(task):
    n, T = 10_000, 30
    made = TwoSequence(task=task, T=T).sequences(2, "check", 0, n)
    one = made.targets[:, 0, 0] > 0.5
    assert one.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(n))
    lengths = np.bincount(made.lengths - T)
    assert len(lengths) == T // 10 + 1
    assert (np.abs(lengths - n / 4) < 5 * np.sqrt(n / 4)).all()


def test_lengths_classes_and_all_noise_are_independent():
    n, N = 20_000, 3
    noisy = TwoSequence(task="3c", T=10, N=N, signal_variance=0.2)
    quiet = TwoSequence(task="3c", T=10, N=N, target_variance=0.0)
    made, clean = (setting.sequences(7, "training", 0, n) for setting in (noisy, quiet))
    noise = made.inputs[:, :, 0]
    noise[:, :N] -= clean.inputs[:, :N, 0]
    targets = clean.targets[:, 0, 0]
    drawn = [made.lengths, targets, made.targets[:, 0, 0] - targets, *noise.T]
    related = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(related).max() < 4.5 / np.sqrt(n)


@given(settings, seeds, streams, firsts, st.lists(st.integers(1, 4), max_size=4))
def test_pieces_are_the_whole(setting, seed, stream, first, counts):
    pieces_are_the_whole(setting, seed, stream, first, [*counts, 1])


@given(settings, seeds)
def test_streams_and_seeds_differ(setting, seed):
    def shown(seed, stream):
        return setting.sequences(seed, stream, 0, 4).inputs.tolist()

    kinds = [shown(seed, stream) for stream in ("training", "check", "test")]
    assert all(kinds.count(kind) == 1 for kind in kinds)
    assert shown(seed + 1, "training") not in kinds


@pytest.mark.parametrize(
    ("task", "rate", "tolerance", "marks"),
    [
        ("3a", 1.0, 0.2, (Mark("ST1", 1), Mark("solved", 1, 0.01))),
        ("3b", 1.0, 0.2, (Mark("ST1", 6), Mark("solved", 6, 0.04))),
        ("3c", 0.1, 0.1, (Mark("solved", 1, 0.015),)),
    ],
)
def test_defaults_are_the_paper_s(task, rate, tolerance, marks):
    setting = TwoSequence(task=task)
    assert (setting.T, setting.N, setting.dtype) == (100, 3, "float64")
    assert setting.topology() == Topology(1, 1, 3, 1, bias_cells=True, bias_gates=True)
    assert setting.topology().n_weights == 102
    assert setting.update() == Update(rate)
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every) == (tolerance, 256, 100)
    assert (rule.marks, rule.same) == (marks, False)
    assert (rule.cap, rule.n_test) == (5_000_000, 2560)


def test_the_stopping_test_may_be_another():
    rule = TwoSequence(every=1000, same_check=True, n_check=500).stopping()
    assert (rule.every, rule.same, rule.among) == (1000, True, 500)


@given(settings)
def test_the_lag_begins_with_the_signal_s_last_element(setting):
    shortest = setting.T
    assert setting.minimal_lag() == (shortest - 1) - (setting.N - 1)


@given(seeds)
def test_weights_start_in_their_range_but_for_the_gates_biases(seed):
    weights = TwoSequence().initial_weights(seed)
    assert weights.shape == (102,)
    hidden = weights[:99].reshape(9, 11)  # 9 units of 1 input, 9 units and a bias
    assert hidden[3:6, -1].tolist() == [-1, -3, -5]
    assert hidden[6:9, -1].tolist() == [-2, -4, -6]
    assert np.sum(np.abs(weights) > 0.1) == 6
    assert len(np.unique(weights)) > 97
    assert (weights != TwoSequence().initial_weights(seed + 1)).sum() == 96


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "3d"}, "task = '3d': give one of 3a, 3b, 3c"),
        ({"T": 10, "N": 10}, "N = 10 with T = 10: give less than T"),
        ({"T": 9}, "T = 9: give 10 to 100000"),
        ({"N": 0}, "N = 0: give 1 to 1000"),
        ({"input_gate_bias": (-1.0,)}, "input_gate_bias = .-1.0.: give one number for each"),
        ({"output_gate_bias": ()}, "output_gate_bias = ..: .* n_blocks = 3 blocks"),
        ({"noise_variance": -0.2}, "noise_variance = -0.2: give 0.0 to 100.0"),
        ({"every": 0}, "every = 0: give 1 to"),
        ({"fewer": 0}, "fewer = 0: give 1 to"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        TwoSequence.of(change)
