"""The claims on Experiment 6 against the paper's Tables 9 to 11, copied here once more."""

from functools import cache
from pathlib import Path

import pytest

from replicate import papers
from replicate.tasks.temporal_order import TemporalOrder
from replicate.topology import Mark, Topology, Update

ROOT = Path(__file__).parents[2]

TABLE_9 = {  # task: weights, wrong of 2560, success after; the paper's trials
    "6a": (156, 1, 31_390, 20),
    "6b": (308, 2, 571_100, 10),
}
TABLE_10 = {  # task: p, lag, b, s, in, out, w, input gates' biases, learning rate
    "6a": (100, 40, 2, 2, 8, 4, 156, (-2, -4), 0.5),
    "6b": (100, 24, 3, 2, 8, 8, 308, (-2, -4, -6), 0.1),
}
DTYPE = {"6a": "float64", "6b": "float32"}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(ROOT))


@cache
def everything():
    return papers.claims("hochreiter1997.temporal_order")


def row(task):
    """Return the claims on a task by what their id adds to it."""
    begin = f"hochreiter1997.temporal_order.{task}."
    return {c.id.removeprefix(begin): c for c in everything() if c.id.startswith(begin)}


@pytest.mark.parametrize("task", TABLE_9)
def test_table_9_and_the_text_are_complete(task):
    weights, wrong, sequences, trials = TABLE_9[task]
    claims = row(task)
    names = ("weights", "wrong", "sequences", "success", "test_error", "never_above_3")
    assert [claims[name].value for name in names] == [weights, wrong, sequences, 1, 1, 1]
    assert set(claims) == set(names)
    average, never = claims["test_error"], claims["never_above_3"]
    assert (average.measure, average.high, average.low) == ("mean_abs_error", 0.1, None)
    assert (never.measure, never.high, never.low) == ("wrong", 3, None)
    tried = [c for c in claims.values() if c.kind != "structure"]
    assert {(c.trials, c.trials_required) for c in tried} == {(trials, 100)}
    assert all(task in c.quantity for c in claims.values())
    assert all(f"Table 9, row {task}" in claims[name].place for name in names[1:4])
    assert claims["sequences"].headline == (task == "6a")


def test_there_is_no_other_claim():
    assert len(everything()) == 12


@pytest.mark.parametrize("task", TABLE_10)
def test_settings_are_those_of_tables_10_and_11(task):
    p, lag, blocks, size, n_in, n_out, weights, biases, rate = TABLE_10[task]
    (setting,) = {c.setting for c in row(task).values()}
    assert (setting.task, setting.minimal_lag(), setting.dtype) == (task, lag, DTYPE[task])
    # Biases on all units but inputs.
    net = Topology(
        n_in, n_out, blocks, size, bias_cells=True, bias_gates=True, bias_outputs=True,
        symbols=True,
    )  # fmt: skip
    assert (net.recurrent, net.input_to_output) == (True, False)  # F
    assert (net.h, net.g, net.output) == ("centred1", "centred2", "logistic")
    assert (setting.topology(), net.n_weights) == (net, weights)
    assert setting.input_gate_bias == biases
    assert not hasattr(setting, "output_gate_bias")
    assert setting.update() == Update(rate, every="sequence", momentum=0.0)
    assert setting.weight_range == 0.1
    assert setting.sequences(0, "training", 0, 500).lengths.min() == p
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every, rule.n_test) == (0.3, 2000, 0, 2560)
    assert rule.marks == (Mark(mean_below=0.1),)


def test_reading_and_comparison_change_one_thing():
    two, three = papers.readings("hochreiter1997.temporal_order")
    assert (two.setting, two.trials) == (TemporalOrder(reset=0.5), 30)
    literal = TemporalOrder(task="6b", dtype="float32")
    assert three.setting.changes(literal) == {"reset": 0.5}
    assert three.trials == 26
    assert two.passage == three.passage
    (single,) = papers.comparisons("hochreiter1997.temporal_order")
    assert (single.setting, single.trials) == (TemporalOrder(dtype="float32"), 100)
