"""The claims on Experiment 2 against the paper's Tables 2, 3, 10 and 11, copied here again."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from replicate import papers
from replicate.topology import Topology, Update

ROOT = Path(__file__).parents[2]

TABLE_2 = {  # net, p, rate: weights, % success, success after
    ("rtrl", 4, 1.0): (36, 78, 1_043_000),
    ("rtrl", 4, 4.0): (36, 56, 892_000),
    ("rtrl", 4, 10.0): (36, 22, 254_000),
    ("rtrl", 10, 1.0): (144, 0, None),
    ("rtrl", 10, 4.0): (144, 0, None),
    ("rtrl", 10, 10.0): (144, 0, None),
    ("rtrl", 100, 1.0): (10_404, 0, None),
    ("rtrl", 100, 10.0): (10_404, 0, None),
    ("bptt", 100, 1.0): (10_404, 0, None),
    ("bptt", 100, 10.0): (10_404, 0, None),
    ("lstm", 100, 1.0): (10_504, 100, 5_040),
}
CHUNKER = (10_506, 33, 32_400)  # Table 2, row CH: weights, % success, success after
TABLE_3 = {  # q, p: weights, success after
    (50, 50): (364, 30_000),
    (100, 100): (664, 31_000),
    (200, 200): (1264, 33_000),
    (500, 500): (3064, 38_000),
    (1000, 1000): (6064, 49_000),
    (1000, 500): (3064, 49_000),
    (1000, 200): (1264, 75_000),
    (1000, 100): (664, 135_000),
    (1000, 50): (364, 203_000),
}
TABLE_10 = {  # q, p: in, out, weights; rows 2c-1 to 2c-9
    (50, 50): (54, 2, 364),
    (100, 100): (104, 2, 664),
    (200, 200): (204, 2, 1264),
    (500, 500): (504, 2, 3064),
    (1000, 1000): (1004, 2, 6064),
    (1000, 500): (504, 2, 3064),
    (1000, 200): (204, 2, 1264),
    (1000, 100): (104, 2, 664),
    (1000, 50): (54, 2, 364),
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(ROOT))


@cache
def everything():
    return papers.claims("hochreiter1997.long_lag")


def by_name(prefix):
    """Return claims by what their id adds to the prefix."""
    begin = f"hochreiter1997.long_lag.{prefix}."
    return {c.id.removeprefix(begin): c for c in everything() if c.id.startswith(begin)}


@pytest.mark.parametrize("key", TABLE_2)
def test_table_2_is_complete(key):
    net, p, rate = key
    weights, percent, sequences = TABLE_2[key]
    claims = by_name("2a")
    name = net if net == "lstm" else f"{net}_p{p}"
    tried = name if net == "lstm" else f"{name}_rate_{rate:.0f}"
    share, mean = claims[f"{tried}.success"], claims.get(f"{tried}.sequences")
    failed = share.measure == "unsolved"
    assert share.value == (1 - percent / 100 if failed else percent / 100)
    cheap = net == "lstm" or p <= 10
    assert (share.trials, share.trials_required) == (18, 100 if cheap else 18)
    if sequences is None:
        assert mean is None
        assert "5,000,000" in share.text
    else:
        assert (mean.value, mean.solved) == (sequences, percent / 100)
        assert (mean.trials, mean.trials_required) == (share.trials, share.trials_required)
        assert mean.setting == share.setting
    assert (claims[f"{name}.weights"].value, claims[f"{name}.lag"].value) == (weights, p)
    setting = share.setting
    assert (setting.task, setting.net, setting.p, setting.learning_rate) == ("2a", *key)
    assert (setting.topology().n_weights, setting.minimal_lag()) == (weights, p)


def test_the_chunker_is_as_tables_2_and_11_say():
    claims = {c.id.partition("chunker.")[2]: c for c in papers.claims("hochreiter1997.chunker")}
    weights, percent, sequences = CHUNKER
    share, mean, fails = (claims[f"2{n}"] for n in ("a.success", "a.sequences", "b.success"))
    assert (share.value, mean.value, mean.solved) == (percent / 100, sequences, percent / 100)
    assert (share.measure, fails.measure, fails.value) == ("solved", "unsolved", 1.0)
    assert {c.trials_required for c in (share, mean, fails)} == {100}
    assert (share.trials, mean.trials) == (18, 18)
    assert (claims["2a.weights"].value, claims["2a.lag"].value) == (weights, 100)
    for c in claims.values():
        setting = c.setting
        assert (setting.p, setting.update()) == (100, Update(1.0, every="step"))
        assert (setting.topology().n_weights, setting.minimal_lag()) == (weights, 100)
        assert (setting.tolerance, setting.n_frozen) == (0.25, 10_000)
        assert setting.weight_range == 0.2
        assert setting.task == c.id.split(".")[2]


def test_readings_of_the_chunker_change_one_thing():
    readings = papers.readings("hochreiter1997.chunker")
    changed = [r.setting.changes() for r in readings]
    assert changed == [
        {"threshold": 0.1}, {"threshold": 0.5}, {"update_after": "sequence"}, {"reset": False},
        {"answers": "both"},
    ]  # fmt: skip
    assert all(r.trials == 30 and r.passage for r in readings)


@pytest.mark.parametrize("task", ["2a", "2b"])
def test_2a_and_2b_are_as_tables_10_and_11_say(task):
    claims = by_name(task)
    setting = claims["lstm.sequences"].setting
    assert {c.setting for name, c in claims.items() if name.startswith("lstm.")} == {setting}
    net = Topology(
        101, 101, 1, 1, output_gate=False, recurrent=False, input_to_output=True,
        g="logistic", h="identity", symbols=True,
    )  # fmt: skip
    assert (setting.topology(), net.n_weights, setting.minimal_lag()) == (net, 10_504, 100)
    assert setting.update() == Update(1.0, every="step", momentum=0.0)
    check_stopping(setting, 0.25, cap=5_000_000 if task == "2a" else 500_000)
    assert setting.dtype == "float32"


def test_2b_is_told_in_the_text():
    claims = by_name("2b")
    assert claims["lstm.sequences"].value == 5_680
    assert claims["lstm.success"].value == 1.0
    assert (claims["lstm.weights"].value, claims["lstm.lag"].value) == (10_504, 100)
    for net, required in [("rtrl", 18), ("bptt", 18)]:
        fails = claims[f"{net}.success"]
        assert (fails.measure, fails.value, fails.trials_required) == ("unsolved", 1, required)
        assert (fails.setting.p, fails.setting.learning_rate) == (100, 1.0)


@pytest.mark.parametrize("key", TABLE_3)
def test_table_3_is_complete(key):
    q, p = key
    weights, sequences = TABLE_3[key]
    claims = by_name(f"2c.q{q}_p{p}")
    names = ("weights", "sequences", "success", "lag")
    assert [claims[name].value for name in names] == [weights, sequences, 1.0, q + 1]
    tried = [claims[name] for name in ("sequences", "success")]
    required = 100 if q <= 100 else 24
    assert {(c.trials, c.trials_required, c.solved) for c in tried} == {(20, required, 1.0)}
    assert all(f"q = {q}, p = {p}" in c.quantity for c in claims.values())


@pytest.mark.parametrize("key", TABLE_10)
def test_2c_is_as_tables_10_and_11_say(key):
    q, p = key
    n_in, n_out, weights = TABLE_10[key]
    (setting,) = {c.setting for c in by_name(f"2c.q{q}_p{p}").values()}
    assert (setting.task, setting.q, setting.p) == ("2c", q, p)
    net = Topology(n_in, n_out, 2, 1, g="centred2", h="centred1", symbols=True)
    assert (net.recurrent, net.input_to_output) == (True, False)  # F
    assert (setting.topology(), net.n_weights) == (net, weights)
    assert setting.update() == Update(0.01, every="sequence", momentum=0.0)
    check_stopping(setting, 0.2, cap=5_000_000 if q <= 100 else 1_000_000)
    assert setting.cap > 4 * TABLE_3[key][1]
    assert setting.dtype == ("float64" if q == 50 else "float32")


def check_stopping(setting, tolerance, cap):
    rule = setting.stopping()
    assert (rule.tolerance, rule.among, rule.cap) == (tolerance, 10_000, cap)
    assert setting.weight_range == 0.2


def test_what_is_said_of_lag_and_frequency():
    orders = [c for c in by_name("2c").values() if c.kind == "order"]
    sizes = [((c.setting.q, c.setting.p), (c.other.q, c.other.p)) for c in orders]
    assert sizes == [((50, 50), (1000, 1000)), ((1000, 1000), (1000, 50))]
    for c, (less, more) in zip(orders, sizes, strict=True):
        assert c.order == "less"
        assert TABLE_3[less][1] < TABLE_3[more][1]


READINGS = {
    "2a.lstm": [
        {"update_after": "sequence", "cap": 500_000},
        {"stall_falls": 0.8},
        {"stall_falls": 0.98},
        {"grown": False, "cap": 500_000},
        {"every": 100},
    ],
    "2b.lstm": [
        {"update_after": "sequence"},
        {"errors": "last"},
        {"errors": "last", "learning_rate": 0.1},
        {"grown": False},
    ],
    "2a.rtrl_p4_rate_1": [{"learning_rate": rate / (5 * 4)} for rate in (1.0, 4.0, 10.0)],
    "2c.q50_p50": [{"every": 100}, {"learning_rate": 1.0, "dtype": "float32"}],
    "2c.q100_p100": [{"learning_rate": 1.0}],
    "2c.q200_p200": [{"learning_rate": 1.0}],
}


def test_readings_change_one_thing():
    readings = papers.readings("hochreiter1997.long_lag")
    claims = {c.id.split("long_lag.")[1]: c.setting for c in everything()}
    wanted = [
        replace(claims[f"{row}.sequences"], **change)
        for row, changes in READINGS.items()
        for change in changes
    ]
    assert {r.setting for r in readings} == {*wanted}
    assert len(readings) == len(wanted)
    assert all(r.trials >= 24 and r.passage for r in readings)
