"""Experiment 1 as section 5.1 and Table 10 describe it."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.tasks.reber import COINS, SYMBOLS, Reber, embedded, pair, successors
from replicate.topology import Mark

# The Reber grammar as a regular expression, read off its graph node by node.
V_LOOP = "(?:T*VPX)*"
INNER = f"B(?:TS*X(?:X{V_LOOP}T*V(?:V|PS)|S)|P{V_LOOP}T*V(?:V|PS))E"
EMBEDDED = re.compile(f"B([TP]){INNER}\\1E")
TAILS = ("PVVE", "XSE", "VVE", "SE", "VE", "E", "")
"""One way from each node to the end."""
FOUR_BY_ONE = {"n_blocks": 4, "block_size": 1, "output_gate_bias": (-1, -2, -3, -4)}

# Ones lead to the end from every node.
coins = st.lists(st.integers(0, 1), max_size=40).map(lambda c: c + [1] * (COINS - len(c)))
small = st.builds(Reber, n_strings=st.integers(1, 40), n_sets=st.integers(1, 4))
seeds = st.integers(0, 2**40)
streams = st.sampled_from(["training", "check", "test"])


def accepted(string):
    return EMBEDDED.fullmatch(string) is not None


def spelled(symbols):
    return "".join(SYMBOLS[n] for n in symbols)


def drawn(n, first=0):
    """Return n strings of sets that no trial uses, training sets of their own."""
    return [s for number in range(first, first + n // 256) for s in pair(number, 256)[0]]


def test_the_recogniser_knows_what_the_graph_allows():
    assert all(map(accepted, ["BTBTXSETE", "BPBPVVEPE", "BTBTSSXXTTVPSETE", "BPBPTVPXVVEPE"]))
    wrong = ["BTBTXSEPE", "BTBTXVETE", "BPBPVPVEPE", "BTBTXSETE" * 2, "BTBPVXETE", "TBTXSET"]
    assert not any(map(accepted, wrong))


@given(coins)
def test_every_string_is_accepted_and_wrapped_alike(coins):
    string = embedded(coins)
    assert accepted(string)
    assert string[1] == string[-2] == "TP"[coins[0]]


@given(coins)
def test_legal_symbols_are_those_that_the_recogniser_accepts(coins):
    string = embedded(coins)
    legal = successors(string)
    assert len(legal) == len(string) - 1
    for t, following in enumerate(legal):
        assert string[t + 1] in following
    for t in range(1, len(string) - 3):
        begun = [(s, string[: t + 1] + s) for s in SYMBOLS]
        ends = [f"{tail}{string[1]}E" for tail in TAILS]
        legal_here = {s for s, head in begun if any(accepted(head + end) for end in ends)}
        assert legal_here == set(legal[t])
    assert legal[0] == "TP"
    assert legal[-2:] == [string[1], "E"]


def test_lengths_are_distributed_as_the_grammar_says():
    lengths = np.array([len(s) for s in drawn(20 * 256, first=1000)])
    share = np.bincount(lengths - 4, minlength=11)[5:11] / len(lengths)
    expected = np.array([0.25, 0.1875, 0.125, 0.109375, 0.0859375, 0.0625])
    assert lengths.min() == 9 == Reber().minimal_lag()
    np.testing.assert_array_less(
        np.abs(share - expected), 4 * np.sqrt(expected * (1 - expected) / len(lengths))
    )
    assert lengths.mean() == pytest.approx(12.0, abs=4 * 3.37 / np.sqrt(len(lengths)))


def test_both_wrappers_are_as_frequent():
    tops = np.mean([s[1] == "T" for s in drawn(20 * 256, first=1000)])
    assert tops == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(20 * 256))


@given(small, seeds)
def test_no_test_string_occurs_in_training(setting, seed):
    training, test = pair(seed % setting.n_sets, setting.n_strings)
    assert len(training) == len(test) == setting.n_strings
    assert not set(training) & set(test)
    assert all(map(accepted, training + test))


def test_trials_take_the_pairs_of_sets_in_turn():
    def shown(seed, stream):
        return Reber().sequences(seed, stream, 0, 256).inputs

    for stream in ("check", "test"):
        np.testing.assert_array_equal(shown(1, stream), shown(4, stream))
        assert not np.array_equal(shown(1, stream)[:, :9], shown(2, stream)[:, :9])
    assert not np.array_equal(shown(1, "training"), shown(4, "training"))


@given(small, seeds, streams, st.integers(0, 2**40))
def test_targets_are_the_next_symbol_or_the_legal_ones(setting, seed, stream, first):
    shown = setting.sequences(seed, stream, first, 5)
    training, test = pair(seed % setting.n_sets, setting.n_strings)
    known = {"training": training, "check": training + test, "test": test}[stream]
    for inputs, n, times, targets in zip(
        shown.inputs, shown.lengths, shown.target_times, shown.targets, strict=True
    ):
        string = spelled(inputs[:n]) + "E"
        assert string in known
        np.testing.assert_array_equal(times, [*range(n), *[-1] * (len(times) - n)])
        legal = successors(string)
        wanted = string[1:] if stream == "training" else legal
        for row, symbols in zip(targets[:n], wanted, strict=True):
            assert {SYMBOLS[k] for k in np.flatnonzero(row)} == set(symbols)
            assert set(row[row > 0]) == {1 / len(symbols)}


def test_checks_show_every_string_of_both_sets():
    setting = Reber(n_strings=20)
    training, test = pair(2, 20)
    rule = setting.stopping()
    shown = setting.sequences(2, "check", 0, rule.among)
    strings = [spelled(s[:n]) + "E" for s, n in zip(shown.inputs, shown.lengths, strict=True)]
    assert tuple(strings) == training + test
    tested = setting.sequences(2, "test", 0, rule.n_test)
    assert tuple(
        spelled(s[:n]) + "E" for s, n in zip(tested.inputs, tested.lengths, strict=True)
    ) == test  # fmt: skip


def test_training_draws_all_training_strings_as_often():
    setting = Reber(n_strings=8)
    shown = setting.sequences(0, "training", 0, 8000)
    counts = {}
    for s, n in zip(shown.inputs, shown.lengths, strict=True):
        string = spelled(s[:n]) + "E"
        counts[string] = counts.get(string, 0) + 1
    training = pair(0, 8)[0]
    for string in set(training):
        expected = 1000 * training.count(string)
        assert abs(counts[string] - expected) < 5 * np.sqrt(expected)


@given(small, seeds, streams, st.integers(0, 2**40), st.lists(st.integers(1, 4), max_size=4))
def test_pieces_are_the_whole(setting, seed, stream, first, counts):
    whole = setting.sequences(seed, stream, first, sum(counts) + 1)
    at = first
    for count in [*counts, 1]:
        piece = setting.sequences(seed, stream, at, count)
        part = slice(at - first, at - first + count)
        for name in ("inputs", "lengths", "target_times", "targets"):
            np.testing.assert_array_equal(getattr(piece, name), getattr(whole, name)[part])
        at += count


@pytest.mark.parametrize(("change", "weights"), [({}, 276), (FOUR_BY_ONE, 264)])
def test_weights_are_the_papers(change, weights):
    assert Reber.of(change).topology().n_weights == weights


@pytest.mark.parametrize("change", [{}, FOUR_BY_ONE])
def test_weights_start_in_their_range_and_output_gates_biased(change):
    setting = Reber.of(change)
    topology, weights = setting.topology(), setting.initial_weights(3)
    gates = topology.bias_index("output_gates")
    assert weights.shape == (topology.n_weights,)
    np.testing.assert_array_equal(weights[gates], setting.output_gate_bias)
    rest = np.delete(weights, gates)
    assert 0.19 < np.abs(rest).max() < 0.2
    random = Reber.of(change | {"output_gate_bias": ()}).initial_weights(3)
    np.testing.assert_array_equal(np.delete(random, gates), rest)
    assert np.abs(random).max() < 0.2


def test_only_gates_are_biased_and_the_net_can_do_without_output_gates():
    net = Reber().topology()
    assert (net.bias_cells, net.bias_gates, net.bias_outputs) == (False, True, False)
    without = Reber(output_gate=False, output_gate_bias=()).topology()
    assert not without.output_gate
    assert without.n_weights == 9 * (7 + 9) + 3 + 7 * 6


def test_rules():
    setting = Reber(criterion="best", update_after="step", every=50, cap=700)
    rule, update = setting.stopping(), setting.update()
    assert (rule.ranks, rule.every, rule.same, rule.cap) == ("best", 50, True, 700)
    assert (rule.among, rule.n_test, rule.marks) == (512, 256, (Mark(),))
    assert (update.learning_rate, update.every, update.momentum) == (0.1, "step", 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_blocks": 4}, "output_gate_bias = .* the 4 output gates"),
        ({"output_gate": False}, "output_gate_bias = .* the 0 output gates"),
        ({"criterion": "some"}, "criterion = 'some': give one of all, best"),
        ({"update_after": "epoch"}, "update_after = 'epoch': give one of sequence, step"),
        ({"n_sets": 0}, "n_sets = 0: give 1 to 1000"),
        ({"n_strings": 5000}, "n_strings = 5000: give 1 to 4096"),
    ],
)
def test_impossible_settings_name_the_field(change, message):
    with pytest.raises(SettingError, match=message):
        Reber.of(change)
