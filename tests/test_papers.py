"""The papers' numbers as we hold them, and what a file of claims must not say."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from replicate import papers
from replicate.claim import KINDS
from replicate.errors import ReplicateError
from replicate.experiments import experiments
from replicate.tasks.adding import Adding

DATA = Path(__file__).parents[1] / "data" / "papers"

SETTING = {100: {}, 500: {"dtype": "float32"}, 1000: {"dtype": "float32"}}
TABLE_7 = {  # T: minimal lag, weights, wrong of 2560, success after; our trials
    100: (50, 93, 1, 74_000, 100),
    500: (250, 93, 0, 209_000, 100),
    1000: (500, 93, 1, 853_000, 30),
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(DATA.parents[1]))


@pytest.mark.parametrize("T", TABLE_7)
def test_table_7_is_complete(T):
    lag, weights, wrong, sequences, required = TABLE_7[T]
    row = {c.id.rpartition(".")[2]: c for c in papers.claims(f"hochreiter1997.adding.T{T}")}
    values = [row[name].value for name in ("lag", "weights", "wrong", "sequences", "success")]
    assert values == [lag, weights, wrong, sequences, 1.0]
    tried = [row[name] for name in ("wrong", "sequences", "success", "test_error")]
    assert {c.trials_required for c in tried} == {required}
    assert {c.trials for c in tried} == {10}
    setting = Adding(T=T, **SETTING[T])
    small = replace(setting, block_size=1, dtype="float32")
    assert {c.setting for c in row.values()} <= {setting, small}
    assert (row["test_error"].high, row["never_above_3"].high) == (0.01, 3)


def test_the_remarks_on_T_1000():
    spread = papers.claim("hochreiter1997.adding.T1000.range")
    assert (spread.low, spread.high) == (370_000, 2_020_000)
    few = papers.claim("hochreiter1997.adding.T1000.at_most_700000")
    assert (few.high, few.value) == (700_000, 0.7)


def test_every_experiment_has_one_headline_and_every_claim_a_place():
    claims = papers.claims()
    for name in {c.experiment for c in claims}:
        assert sum(c.headline for c in claims if c.experiment == name) == 1
        assert len({c.title for c in claims if c.experiment == name}) == 1
    for c in claims:
        assert c.id.startswith(f"{c.experiment.replace('/', '.').replace('-', '_')}.")
        assert any(part in c.place for part in ("section", "slide", "abstract", "table"))
    for c in papers.claims("hochreiter1997.adding"):
        assert f"T = {c.setting.values()['T']}" in c.quantity


def test_readings_change_the_setting_and_say_which_passage_is_unclear():
    readings = papers.readings("hochreiter1997.adding")
    settings = [r.setting for r in readings]
    assert len(readings) == len(set(settings)) == 11
    assert Adding() not in settings
    assert all(r.passage and r.text and r.trials == 30 for r in readings)
    assert {s.first_pair for s in settings} == {
        "kept", "marked", "zeroed", "hidden", "never", "ordinary",
    }  # fmt: skip


def test_comparisons_are_found_by_the_prefix_of_the_claims():
    single, *modern = papers.comparisons("hochreiter1997.adding")
    assert (single.setting, single.trials) == (Adding(dtype="float32"), 100)
    assert [c.setting.values()["cell"] for c in modern] == ["lstm", "lstm", "rnn"]


def test_plan_asks_for_each_setting_once_with_the_most_trials():
    plan = dict(papers.plan("hochreiter1997/adding"))
    assert len(plan) == 3 + 1 + 11 + 1
    assert [plan[Adding(T=T, **SETTING[T])] for T in TABLE_7] == [100, 100, 30]
    assert plan[Adding(block_size=1, dtype="float32")] == 30
    modern = papers.plan("hochreiter1997/adding-modern")
    assert [n for _, n in modern] == [30, 30, 30]
    with pytest.raises(ReplicateError, match="no experiment 'hochreiter1997/addign'"):
        papers.plan("hochreiter1997/addign")


def test_prefixes_end_at_dots():
    assert len(papers.claims("hochreiter1997.adding.T100")) == 8
    assert len(papers.claims("hochreiter1997.adding")) == 24
    every = ("hochreiter1997", "sundermeyer2012", "why")
    assert papers.claims() == [c for paper in every for c in papers.claims(paper)]
    with pytest.raises(ReplicateError, match=r"no claim 'hochreiter1997.add'; there are hoch"):
        papers.claims("hochreiter1997.add")
    with pytest.raises(ReplicateError, match="is not one claim but 8"):
        papers.claim("hochreiter1997.adding.T100")


def test_every_setting_is_of_an_experiment_that_there_is():
    known = experiments()
    for entry in [*papers.claims(), *papers.readings(), *papers.comparisons()]:
        assert type(entry.setting) is known[entry.experiment]


CLAIM = {
    "id": "paper.adding.sequences", "title": "Adding", "place": "section 1",
    "quantity": "sequences", "kind": "sequences", "measure": "sequences", "value": 74_000,
    "experiment": "hochreiter1997/adding", "trials": 10, "trials_required": 10,
}  # fmt: skip


def write(folder, *groups):
    path = folder / "paper.yml"
    path.write_text(yaml.safe_dump(list(groups)))
    return path


def test_a_groups_keys_hold_for_its_entries(tmp_path):
    shared = {k: v for k, v in CLAIM.items() if k not in ("id", "value")}
    group = {
        **shared, "setting": {"T": 500, "reset": 0.5},
        "claims": [
            {"id": "paper.a", "value": 1, "place": "row 2", "setting": {"T": 1000}},
            {"id": "paper.b", "value": 2, "trials_required": 50},
        ],
    }  # fmt: skip
    a, b = papers.read(write(tmp_path, group))["claims"]
    assert (a.place, a.setting, a.value) == ("section 1, row 2", Adding(T=1000, reset=0.5), 1)
    assert (b.place, b.setting.T, b.trials_required) == ("section 1", 500, 50)


def test_a_grid_makes_an_entry_one_for_each_way_to_combine_its_values(tmp_path):
    shared = {"experiment": "hochreiter1997/adding", "trials": 3, "setting": {"reset": 0.5}}
    group = {
        **shared, "grid": {"T": [100, 500], "learning_rate": [0.1, 0.2]},
        "comparisons": [{"id": "paper.a", "text": "a", "setting": {"reset": 0.25}}],
    }  # fmt: skip
    found = papers.read(write(tmp_path, group))["comparisons"]
    assert [v.id for v in found] == [f"paper.a.{i}" for i in (1, 2, 3, 4)]
    assert [(v.setting.T, v.setting.learning_rate) for v in found] == [
        (100, 0.1), (100, 0.2), (500, 0.1), (500, 0.2)
    ]  # fmt: skip
    assert {v.setting.reset for v in found} == {0.25}
    with pytest.raises(ReplicateError, match=r"grid = \{'T': 100\}: give names and lists"):
        papers.read(write(tmp_path, {**group, "grid": {"T": 100}}))


def test_the_other_setting_of_an_order_differs_from_the_setting(tmp_path):
    order = {k: v for k, v in CLAIM.items() if k != "value"} | {
        "kind": "order", "order": "less", "setting": {"reset": 0.5}, "other": {"T": 500},
    }  # fmt: skip
    (found,) = papers.read(write(tmp_path, {"claims": [order]}))["claims"]
    assert found.other == Adding(T=500, reset=0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vlaue": 1}, "unknown key 'vlaue'; known are id, "),
        ({"kind": None}, "kind = None: give str"),
        ({"kind": "mean"}, f"kind = 'mean': give one of {', '.join(KINDS)}"),
        ({"value": "74,000"}, "value = '74,000': give float"),
        ({"value": True}, "value = True: give float"),
        ({"value": float("nan")}, "value = nan: give float"),
        ({"value": 0}, "value = 0: no factor of it is a criterion"),
        ({"place": 5.4}, "place = 5.4: give str"),
        ({"experiment": "hochreiter1997/addign"}, "no experiment 'hochreiter1997/addign'"),
        ({"setting": {"TT": 60}}, "hochreiter1997/adding has no setting 'TT'"),
        ({"setting": {"T": 3}}, "T = 3: give 20 to 100000"),
        ({"setting": 3}, "setting = 3: give names and values"),
        ({"trials_required": 9}, "trials_required = 9: give the paper's 10 or more"),
        ({"trials_required": 0}, "trials_required = 0: give the paper's 10 or more"),
        ({"trials_required": -1, "because": "no"}, "trials_required = -1: give"),
        ({"trials": 0}, "trials = 0: give at least 1"),
        ({"limit": 3.0}, "limit = 3.0: say why in because"),
        ({"recalled": True}, "recalled: say in because what is not certain"),
        ({"solved": 0.0}, "solved = 0.0: give a share"),
        ({"low": 1.0}, "a sequences has no low and high"),
        ({"order": "less"}, "a sequences has no order"),
        ({"measure": ""}, "a sequences needs a measure"),
        ({"kind": "order"}, "an order needs order: less or greater"),
        ({"kind": "ratio"}, "a ratio needs other: the setting compared with, and limit"),
        ({"other": {"T": 500}}, "a sequences has no other setting"),
        ({"kind": "share", "value": 100}, "a share needs measure: solved or unsolved"),
        ({"kind": "share", "measure": "solved"}, "value = 74000: give a share of trials"),
        (
            {"kind": "share", "value": 1, "low": 2.0, "high": 1.0},
            "low = 2.0 is above high = 1.0",
        ),
        ({"kind": "structure"}, "measure = 'sequences': give one of weights, minimal_lag"),
        ({"kind": "structure", "measure": "weights"}, "trials_required = 10: a structure"),
        ({"kind": "quoted", "measure": ""}, "a quoted needs a measure"),
        ({"id": "other.adding"}, "an id in this file begins with paper."),
    ],
)
def test_what_a_claim_must_not_say(tmp_path, change, message):
    path = write(tmp_path, {"claims": [CLAIM | change]})
    with pytest.raises(ReplicateError) as raised:
        papers.read(path)
    id = change.get("id", CLAIM["id"])
    assert str(raised.value).startswith(f"paper.yml: {id}: {message}")


@pytest.mark.parametrize("key", ["id", "kind", "value", "place", "experiment", "title"])
def test_a_missing_key_is_named(tmp_path, key):
    path = write(tmp_path, {"claims": [{k: v for k, v in CLAIM.items() if k != key}]})
    message = "needs the paper's value" if key == "value" else f"{key} is missing"
    with pytest.raises(ReplicateError, match=f"^paper.yml: .*{message}"):
        papers.read(path)


def test_an_id_stands_once_in_all_sections(tmp_path):
    reading = {"id": CLAIM["id"], "text": "so", "experiment": CLAIM["experiment"], "trials": 3}
    path = write(tmp_path, {"claims": [CLAIM]}, {"readings": [reading]})
    with pytest.raises(
        ReplicateError, match=r"paper\.adding\.sequences: this id is there twice"
    ):
        papers.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- claims: [{id: a, id: b}]", "the key 'id' is there twice"),
        ("- claims: [", "paper.yml: while parsing"),
        ("claims: []", "give a list of entries"),
        ("- claims: {id: a}", "paper.yml: claims: give a list of entries"),
        ("- {title: Adding}", "give one of claims, readings, comparisons"),
    ],
)
def test_what_a_file_must_not_be(tmp_path, text, message):
    path = tmp_path / "paper.yml"
    path.write_text(text)
    with pytest.raises(ReplicateError) as raised:
        papers.read(path)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_claim_cannot_be_made_wrong_later():
    with pytest.raises(ReplicateError, match="give at least 1"):
        replace(papers.claim("hochreiter1997.adding.T100.sequences"), trials=0)
