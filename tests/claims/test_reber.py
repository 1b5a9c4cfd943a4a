"""The claims on Experiment 1 against the paper's Tables 1, 10 and 11, copied here once more."""

from functools import cache
from pathlib import Path

import pytest

from replicate import papers
from replicate.tasks.reber import Reber
from replicate.topology import Topology, Update

ROOT = Path(__file__).parents[2]

TABLE_1 = {  # blocks, size, rate: weights, % success, success after
    (4, 1, 0.1): (264, 100, 39_740),
    (3, 2, 0.1): (276, 100, 21_730),
    (3, 2, 0.2): (276, 97, 14_060),
    (4, 1, 0.5): (264, 97, 9_500),
    (3, 2, 0.5): (276, 100, 8_440),
}
QUOTED = {  # of Table 1
    "rtrl_3.weights": 170, "rtrl_3.sequences": 173_000,
    "rtrl_12.weights": 494, "rtrl_12.sequences": 25_000,
    "elm.weights": 435, "elm.success": 0, "elm.sequences": 200_000,
    "rcc_7.weights": 119, "rcc_9.weights": 198, "rcc.success": 50, "rcc.sequences": 182_000,
}  # fmt: skip
TABLE_10 = {  # blocks, size, rate: lag, in, out, weights, output gates' biases; rows 1-1 to 1-5
    (4, 1, 0.1): (9, 7, 7, 264, (-1, -2, -3, -4)),
    (3, 2, 0.1): (9, 7, 7, 276, (-1, -2, -3)),
    (3, 2, 0.2): (9, 7, 7, 276, (-1, -2, -3)),
    (4, 1, 0.5): (9, 7, 7, 264, (-1, -2, -3, -4)),
    (3, 2, 0.5): (9, 7, 7, 276, (-1, -2, -3)),
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(ROOT))


@cache
def by_name():
    """Return claims by what their id adds to the experiment."""
    found = papers.claims("hochreiter1997.reber")
    return {c.id.removeprefix("hochreiter1997.reber."): c for c in found}


def row(blocks, size, rate):
    """Return the claims of a row of Table 1 by the last word of their id."""
    begin = f"{blocks}x{size}_rate_{rate}".replace(".", "_") + "."
    return {name.removeprefix(begin): c for name, c in by_name().items() if begin in name}


@pytest.mark.parametrize("key", TABLE_1)
def test_table_1_is_complete(key):
    weights, percent, sequences = TABLE_1[key]
    claims = row(*key)
    values = [claims[name].value for name in ("weights", "success", "sequences")]
    assert values == [weights, percent / 100, sequences]
    assert claims["sequences"].solved == percent / 100
    tried = [c for c in claims.values() if c.kind != "structure"]
    assert {(c.trials, c.trials_required) for c in tried} == {(30, 100)}
    for c in claims.values():
        assert f"{key[0]} blocks of {key[1]}, rate {key[2]}" in c.quantity
        assert "Table 1" in c.place


@pytest.mark.parametrize("key", TABLE_10)
def test_settings_are_those_of_tables_10_and_11(key):
    blocks, size, rate = key
    lag, n_in, n_out, weights, biases = TABLE_10[key]
    (setting,) = {c.setting for c in row(*key).values()}
    net = Topology(
        n_in, n_out, blocks, size, bias_gates=True, g="centred2", h="centred1", symbols=True
    )
    assert setting.topology() == net
    assert (net.recurrent, net.input_to_output) == (True, False)  # F
    assert (net.n_weights, setting.minimal_lag()) == (weights, lag)
    assert setting.output_gate_bias == biases
    assert setting.update() == Update(rate, every="sequence", momentum=0.0)
    assert setting.weight_range == 0.2
    assert setting.n_strings == setting.stopping().n_test == 256
    assert (setting.n_sets, setting.criterion, setting.dtype) == (3, "all", "float64")


def test_quoted_rows():
    assert {name: c.value for name, c in by_name().items() if c.kind == "quoted"} == QUOTED


def test_the_text():
    spread = by_name()["3x2_rate_0_5.range"]
    assert (spread.low, spread.high, spread.value) == (3_800, 24_100, 1.0)
    gates = by_name()["output_gates"]
    assert (gates.setting, gates.order) == (Reber(), "less")
    assert gates.other == Reber(output_gate=False, output_gate_bias=())
    assert by_name()["lag"].value == 9


def test_readings_change_one_thing_or_two():
    readings = papers.readings("hochreiter1997.reber")
    assert [r.setting.changes() for r in readings] == [
        {"update_after": "step"},
        {"criterion": "best"},
        {"criterion": "best", "update_after": "step"},
        {"every": 10},
        {"every": 1000},
    ]
    assert all(r.trials == 30 and r.passage for r in readings)
