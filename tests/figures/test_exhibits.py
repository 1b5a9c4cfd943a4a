"""What chapters show of their trials: the numbers are those of the records."""

import math

import numpy as np
import pytest

from replicate import papers, record, verdicts
from replicate.figures import exhibits
from replicate.outcome import Outcome
from replicate.tasks.adding import Adding

CURVE = [[1000, 0.2, 900], [3000, 0.1, 500]]
TEST = {"sequences": 8, "wrong": 2, "mean_abs_error": 0.01, "mean_squared_error": 0.001}


def trial(seed, sequences, status="solved", setting=None, backend="engine"):
    outcome = Outcome(seed, status, sequences, 9, TEST, CURVE, np.zeros(93), seconds=3600.0)
    return record.record(setting or Adding(), outcome, backend, "cpu")


TRIALS = [trial(0, 3000), trial(1, 5000), trial(2, 9000, "capped")]


def test_only_solved_trials_have_a_mean():
    assert exhibits.sequences(TRIALS) == [3000, 5000]
    assert exhibits.sequences(TRIALS, solved=False) == [9000]
    assert exhibits.mean(TRIALS, "sequences") == 4000
    assert exhibits.mean(TRIALS, "wrong") == 2
    assert math.isnan(exhibits.mean(TRIALS[2:], "wrong"))


def test_a_table_of_verdicts_says_what_they_say():
    claim = papers.claim("hochreiter1997.adding.T100.sequences")
    html = exhibits.verdicts({"T = 100": [verdicts.judge(claim, TRIALS)]}, "Table 7")
    for said in ("T = 100", "training sequences until solved<", "74,000", "4,000", "2 of 3"):
        assert said in html
    assert '<span class="verdict verdict-' in html
    assert "<small>3,000 to 5,000</small>" in html


def test_remarks_are_text():
    assert exhibits.with_small("1 < 2", "a & b", "") == "1 &lt; 2<br><small>a &amp; b</small>"


def test_dots_are_told_and_listed(monkeypatch):
    shown = {}
    monkeypatch.setattr(exhibits, "show", lambda figure, **rest: shown.update(rest))
    group = exhibits.group("T = 100", TRIALS, 74000.0)
    exhibits.show_dots([group, exhibits.group("T = 500", TRIALS[:1])], "Dots")
    assert (
        "T = 100: 2 of 3 trials solved, their median 4,000, the paper's mean 74,000"
        in (shown["alt"])
    )
    heads, rows = shown["table"]
    assert heads == ["Rank", "T = 100", "T = 500"]
    assert rows == [[1, "3,000", "3,000"], [2, "5,000", ""], [3, "> 9,000", ""]]


def test_learning_curves_hold_the_error_and_the_share_of_wrong_ones():
    panels = exhibits.learning({"old": TRIALS})
    error, wrong = (panel["old"] for panel in panels.values())
    assert (error.middle[0], error.middle[-1]) == (0.2, 0.1)
    assert (wrong.middle[0], wrong.middle[-1]) == (0.9, 0.25)
    assert "mean |error|, old: 0.2 at 1,000" in exhibits.described(panels)
    heads, rows = exhibits.points(panels, every=79)
    assert len(heads) == len(rows[0])
    assert rows[1] == ["old: mean |error|", "3,000", "0.1", "0.1", "0.1"]


def test_curves_of_other_parts_are_named_after_them():
    panels = exhibits.learning({"old": TRIALS})
    heads, rows = exhibits.points(panels, parts=("Mean",))
    assert heads == ["Curve", "At", "Mean"]
    assert {len(row) for row in rows} == {3}
    assert exhibits.described(panels, "Mean").startswith("Mean curves. ")


def test_nothing_is_shown_of_no_trials(monkeypatch):
    monkeypatch.setattr(exhibits, "show", lambda *_, **__: pytest.fail("shown"))
    exhibits.show_dots([], "")
    exhibits.show_learning({"none": [], "diverged at once": [no_curve()]}, "", {})


def no_curve():
    outcome = Outcome(0, "diverged", 1, 9, {})
    return record.record(Adding(), outcome, "engine", "cpu")


def test_provenance_counts_each_trial_once_and_the_time_of_a_core():
    other = trial(3, 100, setting=Adding(T=500), backend="torch")
    html = exhibits.provenance([*TRIALS, TRIALS[0], other], "Trials")
    assert exhibits.core_hours(TRIALS) == pytest.approx(3 / 8)
    for said in ("<td>0-2</td>", "<td>0.375</td>", ">T=500<", "4 trials", "<td>1.38</td>"):
        assert said in html
    assert "Made by commits" in html
    assert "numpy" in html
