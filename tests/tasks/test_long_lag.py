"""Experiment 2 as section 5.2 and Tables 2, 3, 10 and 11 describe it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.long_lag import LongLag, longer, spelled
from replicate.topology import Growth, Mark, Topology

RTRL = {"net": "rtrl", "update_after": "step", "grown": False}
BPTT = {"net": "bptt", "grown": False}

seeds = st.integers(0, 2**40)
firsts = st.integers(0, 2**40)
streams = st.sampled_from(["training", "check", "test"])
lags = st.integers(2, 30)
short = st.builds(LongLag, task=st.sampled_from(["2a", "2b"]), p=lags)
distracted = st.builds(LongLag, task=st.just("2c"), p=lags, q=st.integers(1, 30))


@given(short, seeds, streams, firsts)
def test_2a_and_2b_begin_and_end_with_the_same_symbol(setting, seed, stream, first):
    p, shown = setting.p, setting.sequences(seed, stream, first, 6)
    assert shown.inputs.shape == (6, p)
    assert shown.inputs.dtype == np.int32
    assert set(shown.lengths) == {p}
    assert set(shown.inputs[:, 0]) <= {p - 1, p}
    between = shown.inputs[:, 1:]
    assert ((between >= 0) & (between < p - 1)).all()
    if setting.task == "2a":
        assert (between == np.arange(p - 1)).all()
    assert (shown.wanted.sum(axis=2) == 1).all()
    predicted = shown.wanted.argmax(axis=2)
    np.testing.assert_array_equal(predicted[:, -1], shown.inputs[:, 0])


@given(short, seeds, streams, firsts)
def test_2a_and_2b_predict_the_next_symbol_but_2b_is_judged_at_the_end(
    setting, seed, stream, first
):
    p, shown = setting.p, setting.sequences(seed, stream, first, 6)
    every_step = setting.task == "2a" or stream == "training"
    times = range(p) if every_step else [p - 1]
    np.testing.assert_array_equal(shown.target_times, [list(times)] * 6)
    assert shown.wanted.shape == (6, len(times), p + 1)
    if every_step:
        following = shown.wanted.argmax(axis=2)[:, :-1]
        np.testing.assert_array_equal(following, shown.inputs[:, 1:])


def test_2b_draws_what_is_between_evenly_and_anew():
    shown = LongLag(task="2b", p=6).sequences(1, "training", 0, 4000).inputs[:, 1:]
    counts = np.bincount(shown.ravel(), minlength=5)
    assert (np.abs(counts - 4000) < 5 * np.sqrt(4000)).all()
    pairs = np.bincount(5 * shown[:, 0] + shown[:, 1], minlength=25)
    assert (np.abs(pairs - 160) < 5 * np.sqrt(160)).all()


@given(distracted, seeds, streams, firsts)
def test_2c_is_start_relevant_symbol_distractors_trigger(setting, seed, stream, first):
    p, q = setting.p, setting.q
    shown = setting.sequences(seed, stream, first, 6)
    e, b, x, y = range(p, p + 4)
    assert shown.inputs.dtype == np.int32
    assert shown.inputs.shape[1] == shown.lengths.max()
    assert (shown.lengths >= q + 3).all()
    for symbols, n, times, targets in zip(
        shown.inputs, shown.lengths, shown.target_times, shown.targets, strict=True
    ):
        assert symbols[0] == b
        assert symbols[1] in (x, y)
        assert ((symbols[2 : n - 1] >= 0) & (symbols[2 : n - 1] < p)).all()
        assert symbols[n - 1] == e
        assert times == [n - 1]
        np.testing.assert_array_equal(targets, [[symbols[1] == x, symbols[1] == y]])
        assert n - 2 >= setting.minimal_lag() == q + 1


def test_2c_has_geometrically_many_distractors_evenly_drawn():
    n, q = 20_000, 3
    shown = LongLag(task="2c", p=4, q=q).sequences(5, "training", 0, n)
    more = shown.lengths - q - 3
    for k in range(30):
        expected = 0.9**k
        deviation = np.sqrt(expected * (1 - expected) / n)
        assert abs((more >= k).mean() - expected) <= 4.5 * deviation
    assert more.mean() == pytest.approx(9.0, abs=4 * np.sqrt(90 / n))
    counts = np.bincount(shown.inputs[:, 2 : 2 + q].ravel(), minlength=4)
    assert (np.abs(counts - n * q / 4) < 5 * np.sqrt(n * q / 4)).all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_number_of_more_distractors_inverts_the_geometric_distribution(high, low):
    drawn = high << 32 | low
    k = int(longer(np.array([[high, low]], np.uint32))[0])
    assert drawn < 2**64 * 9**k // 10**k
    assert drawn >= 2**64 * 9 ** (k + 1) // 10 ** (k + 1) or k == 421


def test_the_most_distractors_are_so_improbable_that_none_is_missed():
    least, most = np.array([[0, 0], [2**32 - 1, 2**32 - 1]], np.uint32)
    assert longer(np.stack([least, most])).tolist() == [421, 0]
    assert 2**64 * 9**422 // 10**422 == 0


@pytest.mark.parametrize("task", ["2a", "2b", "2c"])
def test_both_classes_are_as_frequent(task):
    setting = LongLag.of({"task": task, "p": 4})
    last = setting.sequences(2, "training", 0, 10_000).wanted[:, -1, -1]
    assert last.mean() == pytest.approx(0.5, abs=4 * 0.005)


@given(
    st.one_of(short, distracted), seeds, streams, firsts,
    st.lists(st.integers(1, 4), max_size=4),
)  # fmt: skip
def test_pieces_are_the_whole(setting, seed, stream, first, counts):
    whole = setting.sequences(seed, stream, first, sum(counts) + 1)
    at = first
    for count in [*counts, 1]:
        piece = setting.sequences(seed, stream, at, count)
        part = slice(at - first, at - first + count)
        for name in ("lengths", "target_times", "targets"):
            np.testing.assert_array_equal(getattr(piece, name), getattr(whole, name)[part])
        for n, one, other in zip(piece.lengths, piece.inputs, whole.inputs[part], strict=True):
            np.testing.assert_array_equal(one[:n], other[:n])
        at += count


@given(st.one_of(short, distracted), seeds)
def test_streams_and_seeds_differ(setting, seed):
    def shown(seed, stream):
        return setting.sequences(seed, stream, 0, 200).targets[:, -1].tolist()

    assert shown(seed, "training") != shown(seed, "check") != shown(seed, "test")
    assert shown(seed, "training") != shown(seed + 1, "training")


@pytest.mark.parametrize("task", ["2a", "2b"])
@pytest.mark.parametrize(
    ("p", "lstm", "plain"), [(4, 40, 36), (10, 154, 144), (100, 10_504, 10_404)]
)
def test_weights_of_2a_and_2b(task, p, lstm, plain):
    counts = [
        LongLag.of({"task": task, "p": p} | net).topology().n_weights
        for net in ({}, RTRL, BPTT)
    ]
    assert counts == [lstm, plain, plain]


@given(st.integers(2, 1000))
def test_weights_of_2c(p):
    assert LongLag(task="2c", p=p).topology().n_weights == 6 * p + 64


def test_nets_are_those_of_table_10_without_biases():
    assert LongLag(task="2c", p=5).topology() == Topology(9, 2, 2, 1, symbols=True)
    cell = Topology(
        6, 6, 1, 1, output_gate=False, recurrent=False, input_to_output=True,
        g="logistic", h="identity", symbols=True,
    )  # fmt: skip
    assert LongLag(p=5).topology() == LongLag(task="2b", p=5).topology() == cell
    plain = replace(cell, input_gate=False, plain=True)
    assert LongLag.of({"p": 5} | BPTT).topology() == plain
    assert LongLag.of({"p": 5} | RTRL).topology() == replace(plain, carry=True)


def test_rules():
    for task, tolerance, rate, every in [
        ("2a", 0.25, 1.0, 10), ("2b", 0.25, 1.0, 10), ("2c", 0.2, 0.01, 1000),
    ]:  # fmt: skip
        setting = LongLag(task=task)
        rule, update = setting.stopping(), setting.update()
        assert (rule.tolerance, rule.among, rule.every) == (tolerance, 10_000, every)
        assert (rule.marks, rule.same, rule.ranks) == ((Mark(),), False, "")
        assert rule.cap == 5_000_000
        assert (update.learning_rate, update.every) == (rate, "sequence")
    assert LongLag.of(RTRL).update().every == "step"


@given(short, seeds)
def test_2b_may_have_an_error_at_the_end_only(setting, seed):
    setting = replace(setting, task="2b", errors="last")
    training = setting.sequences(seed, "training", 0, 5)
    assert (training.target_times == setting.p - 1).all()
    every = replace(setting, errors="all").sequences(seed, "training", 0, 5)
    assert (training.targets == every.targets[:, -1:]).all()


@given(seeds)
def test_sequences_are_spelled_as_the_paper_writes_them(seed):
    assert {*spelled(LongLag(p=4), seed, 40)} == {"x a1 a2 a3 x", "y a1 a2 a3 y"}
    for said in spelled(LongLag(task="2b", p=4), seed, 5):
        assert re.fullmatch(r"([xy])( a[123]){3} \1", said)
    for said in spelled(LongLag(task="2c", p=4, q=3), seed, 5):
        assert re.fullmatch(r"b ([xy])( a[1234]){3,} e \1", said)


def test_a_cell_is_added_in_2a_and_2b_only():
    assert LongLag(stall_window=7, stall_falls=0.5).growth() == Growth(7, 0.5)
    assert LongLag(task="2b").growth() == Growth(100, 0.95)
    for setting in (LongLag(task="2c"), LongLag(grown=False), LongLag.of(RTRL)):
        assert setting.growth() is None


@pytest.mark.parametrize("task", ["2a", "2b", "2c"])
def test_weights_start_in_their_range(task):
    setting = LongLag(task=task)
    weights = setting.initial_weights(1)
    assert weights.shape == (setting.topology().n_weights,)
    assert 0.19 < np.abs(weights).max() < 0.2
    assert (weights != setting.initial_weights(2)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q": 5}, "q = 5 in task 2a: give 0"),
        ({"task": "2c", "q": 0}, "q = 0 in task 2c: give at least 1"),
        ({"task": "2c"} | BPTT, "net = 'bptt' in task 2c: give lstm"),
        (RTRL | {"update_after": "sequence"}, "update_after = 'sequence' .* rtrl: give step"),
        (BPTT | {"update_after": "step"}, "update_after = 'step' .* bptt: give sequence"),
        (BPTT | {"grown": True}, "grown = True in task 2a with net bptt: give false"),
        ({"task": "2c", "grown": True}, "grown = True in task 2c"),
        ({"errors": "last"}, "errors = 'last' in task 2a: give all"),
        ({"task": "2d"}, "task = '2d': give one of 2a, 2b, 2c"),
        ({"p": 1}, "p = 1: give 2 to 10000"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        LongLag.of(change)
