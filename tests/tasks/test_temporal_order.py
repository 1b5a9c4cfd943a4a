"""Experiment 6 as section 5.6 and Tables 9 to 11 describe it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.temporal_order import SYMBOLS, TemporalOrder
from replicate.topology import Mark, Topology, Update
from tests.tasks.pieces import pieces_are_the_whole

PLACES = {"6a": [(9, 19), (49, 59)], "6b": [(9, 19), (32, 42), (65, 75)]}  # from 0
CLASSES = {
    "6a": ["XX", "XY", "YX", "YY"],
    "6b": ["XXX", "XXY", "XYX", "XYY", "YXX", "YXY", "YYX", "YYY"],
}

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
streams = st.sampled_from(["training", "test"])
settings = st.builds(TemporalOrder, task=st.sampled_from(["6a", "6b"]))


def spelled(made):
    """Return the sequences as strings of symbols."""
    return [
        "".join(SYMBOLS[symbol] for symbol in symbols[:n])
        for symbols, n in zip(made.inputs, made.lengths, strict=True)
    ]


@given(settings, seeds, streams, firsts)
def test_sequences_are_start_distractors_with_relevant_symbols_end(
    setting, seed, stream, first
):
    made = setting.sequences(seed, stream, first, 8)
    assert made.inputs.dtype == np.int32
    assert made.inputs.shape == (8, 110)
    assert ((made.lengths >= 100) & (made.lengths <= 110)).all()
    for string in spelled(made):
        assert string[0] == "E"
        assert string[-1] == "B"
        at = [i for i, symbol in enumerate(string) if symbol in "XY"]
        assert len(at) == len(PLACES[setting.task])
        for i, (low, high) in zip(at, PLACES[setting.task], strict=True):
            assert low <= i <= high
        rest = [symbol for i, symbol in enumerate(string[1:-1], 1) if i not in at]
        assert set(rest) <= set("abcd")


@given(settings, seeds, streams, firsts)
def test_the_class_is_the_order_of_the_relevant_symbols(setting, seed, stream, first):
    made = setting.sequences(seed, stream, first, 8)
    classes = CLASSES[setting.task]
    assert made.targets.shape == (8, 1, len(classes))
    np.testing.assert_array_equal(made.target_times[:, 0], made.lengths - 1)
    for string, target in zip(spelled(made), made.targets[:, 0], strict=True):
        order = "".join(symbol for symbol in string if symbol in "XY")
        np.testing.assert_array_equal(target, np.arange(len(classes)) == classes.index(order))


@pytest.mark.parametrize("task", ["6a", "6b"])
def test_classes_lengths_places_and_distractors_are_drawn_evenly(task):
    n = 11_000
    made = TemporalOrder(task=task).sequences(4, "training", 0, n)

    def even(counts, expected):
        assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()

    k = len(CLASSES[task])
    even(np.bincount(made.targets[:, 0].argmax(axis=1), minlength=k), n / k)
    even(np.bincount(made.lengths - 100, minlength=11), n / 11)
    relevant = made.inputs >= SYMBOLS.index("X")
    relevant &= np.arange(110) < made.lengths[:, None] - 1
    for low, high in PLACES[task]:
        where = np.bincount(relevant[:, low : high + 1].argmax(axis=1), minlength=11)
        even(where, n / 11)
    between = made.inputs[:, 80:99] - SYMBOLS.index("a")
    even(np.bincount(between.ravel(), minlength=4), between.size / 4)


@pytest.mark.parametrize("task", ["6a", "6b"])
def test_lengths_places_symbols_and_distractors_are_independent(task):
    n = 11_000
    made = TemporalOrder(task=task).sequences(4, "training", 0, n)
    drawn = [made.lengths, *made.inputs[:, 80:85].T]
    for low, high in PLACES[task]:
        window = made.inputs[:, low : high + 1]
        at = (window >= SYMBOLS.index("X")).argmax(axis=1)
        drawn += [at, window[np.arange(n), at]]
    related = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(related).max() < 4.5 / np.sqrt(n)


@given(settings, seeds, streams, firsts, st.lists(st.integers(1, 4), max_size=4))
def test_pieces_are_the_whole(setting, seed, stream, first, counts):
    pieces_are_the_whole(setting, seed, stream, first, [*counts, 1])


@given(settings, seeds)
def test_streams_and_seeds_differ(setting, seed):
    def shown(seed, stream):
        return setting.sequences(seed, stream, 0, 4).inputs.tolist()

    assert shown(seed, "training") != shown(seed, "test")
    assert shown(seed, "training") != shown(seed + 1, "training")


@pytest.mark.parametrize(
    ("task", "blocks", "rate", "n_out", "weights", "lag"),
    [("6a", 2, 0.5, 4, 156, 40), ("6b", 3, 0.1, 8, 308, 24)],
)
def test_defaults_are_the_paper_s(task, blocks, rate, n_out, weights, lag):
    setting = TemporalOrder(task=task)
    net = Topology(
        8, n_out, blocks, 2, bias_cells=True, bias_gates=True, bias_outputs=True, symbols=True
    )
    assert setting.topology() == net
    assert (net.n_weights, setting.minimal_lag(), setting.dtype) == (weights, lag, "float64")
    assert setting.update() == Update(rate)
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every) == (0.3, 2000, 0)
    assert rule.marks == (Mark(mean_below=0.1),)
    assert (rule.cap, rule.n_test) == (5_000_000, 2560)
    assert TemporalOrder(task=task, reset=0.5).topology().reset == 0.5


@given(seeds)
def test_weights_start_in_their_range_but_for_the_input_gates(seed):
    for setting, n, biases in [
        (TemporalOrder(), 8, [-2, -4]), (TemporalOrder(task="6b"), 12, [-2, -4, -6]),
    ]:  # fmt: skip
        weights = setting.initial_weights(seed)
        hidden = weights[: n * (n + 9)].reshape(n, n + 9)  # 8 inputs, n units and a bias
        cells = 2 * len(biases)
        assert hidden[cells : cells + len(biases), -1].tolist() == biases
        assert np.sum(np.abs(weights) > 0.1) == len(biases)
        other = setting.initial_weights(seed + 1)
        assert (weights == other).sum() == len(biases)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "6c"}, "task = '6c': give one of 6a, 6b"),
        ({"input_gate_bias": (-2.0,)}, "input_gate_bias = .-2.0.: give one number for each"),
        ({"task": "6b", "n_blocks": 2}, "input_gate_bias = .* each of the n_blocks = 2 blocks"),
        ({"reset": 2.0}, "reset = 2.0: give 0.0 to 1.0"),
        ({"streak": 0}, "streak = 0: give 1 to"),
        ({"T": 100}, "no setting 'T'"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        TemporalOrder.of(change)
