"""The claims on Experiment 5 against Tables 8, 10 and 11, and Experiment 4's settings, too."""

from functools import cache
from pathlib import Path

import pytest

from replicate import papers
from replicate.tasks.multiplication import Multiplication
from replicate.topology import Mark, Topology, Update

ROOT = Path(__file__).parents[2]

TABLE_8 = {  # n_seq: lag, weights, wrong of 2560, "MSE", success after
    140: (50, 93, 139, 0.0223, 482_000),
    13: (50, 93, 14, 0.0139, 1_273_000),
}
TEXT = {140: (0.026, 170), 13: (0.013, 15)}  # section 5.5: the average error, the wrong ones
TABLE_10 = {  # p: lag, b, s, in, out, w, input gates' biases, learning rate
    "4-1": (100, 50, 2, 2, 2, 1, 93, (-3, -6), 0.5),
    "4-2": (500, 250, 2, 2, 2, 1, 93, (-3, -6), 0.5),
    "4-3": (1000, 500, 2, 2, 2, 1, 93, (-3, -6), 0.5),
    "5": (100, 50, 2, 2, 2, 1, 93, None, 0.1),
}
LITERAL = Multiplication(dtype="float32")


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(ROOT))


@cache
def by_name():
    """Return claims by what their id adds to the experiment."""
    found = papers.claims("hochreiter1997.multiplication")
    return {c.id.removeprefix("hochreiter1997.multiplication."): c for c in found}


@pytest.mark.parametrize("n_seq", TABLE_8)
def test_table_8_is_complete(n_seq):
    lag, weights, wrong, error, sequences = TABLE_8[n_seq]
    claims = by_name()
    names = ("sequences", "wrong", "mean_squared_error", "mean_abs_error")
    row = {name: claims[f"n{n_seq}.{name}"] for name in names}
    assert [c.value for c in row.values()] == [sequences, wrong, error, error]
    before = "n140." if n_seq == 140 else ""
    assert [c.measure for c in row.values()] == [before + name for name in names]
    assert [c.kind for c in row.values()] == ["sequences", "count", "error", "error"]
    assert all(f"Table 8, row n_seq = {n_seq}" in c.place for c in row.values())
    assert (claims["lag"].value, claims["weights"].value) == (lag, weights)
    assert row["sequences"].headline == (n_seq == 13)


@pytest.mark.parametrize("n_seq", TEXT)
def test_the_text_is_complete(n_seq):
    error, wrong = TEXT[n_seq]
    claims = by_name()
    average, never = claims[f"n{n_seq}.test_error"], claims[f"n{n_seq}.never_above_{wrong}"]
    assert (average.high, never.high) == (error, wrong)
    assert (average.value, never.value, average.low, never.low) == (1.0, 1.0, None, None)
    before = "n140." if n_seq == 140 else ""
    assert (average.measure, never.measure) == (f"{before}mean_abs_error", f"{before}wrong")


def test_all_claims_are_of_one_setting_with_100_trials():
    claims = by_name()
    assert claims["success"].value == 1.0
    assert len(claims) == 2 * 4 + 2 * 2 + 3
    assert {c.setting for c in claims.values()} == {LITERAL}
    tried = [c for c in claims.values() if c.kind != "structure"]
    assert {(c.trials, c.trials_required) for c in tried} == {(10, 100)}


@pytest.mark.parametrize("row", TABLE_10)
def test_experiments_4_and_5_are_as_tables_10_and_11_say(row):
    T, lag, blocks, size, n_in, n_out, weights, biases, rate = TABLE_10[row]
    id = "multiplication.n13" if row == "5" else f"adding.T{T}"
    setting = papers.claim(f"hochreiter1997.{id}.sequences").setting
    assert (setting.T, setting.minimal_lag()) == (T, lag)
    # Biases on all units but inputs.
    net = Topology(
        n_in, n_out, blocks, size, bias_cells=True, bias_gates=True, bias_outputs=True
    )
    assert (net.recurrent, net.input_to_output) == (True, False)  # F
    assert (net.h, net.g, net.output) == ("centred1", "centred2", "logistic")
    assert (setting.topology(), net.n_weights) == (net, weights)
    assert getattr(setting, "input_gate_bias", None) == biases
    assert not hasattr(setting, "output_gate_bias")
    assert setting.update() == Update(rate, every="sequence", momentum=0.0)
    assert (setting.weight_range, setting.first_pair) == (0.1, "kept")
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.every, rule.n_test) == (0.04, 2000, 0, 2560)
    marks = (Mark("n140", 140), Mark(fewer=13)) if row == "5" else (Mark(mean_below=0.01),)
    assert rule.marks == marks


def test_readings_change_one_thing():
    readings = papers.readings("hochreiter1997.multiplication")
    assert [r.setting.changes(LITERAL) for r in readings] == [
        {"first_pair": "marked"},
        {"first_pair": "set"},
        {"first_pair": "never"},
        {"output_unit": "no_slope"},
        {"output_unit": "identity"},
    ]
    assert all(r.trials == 30 and r.passage for r in readings)
    (double,) = papers.comparisons("hochreiter1997.multiplication")
    assert (double.setting, double.trials) == (Multiplication(), 10)
