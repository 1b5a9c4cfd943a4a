"""The claims of the lecture: both cells at the same gaps, from 2 to 200."""

from pathlib import Path

import pytest

from replicate import papers
from replicate.tasks.puzzle import Puzzle

GAPS = {2, 5, 9, 20, 50, 100, 200}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(Path(__file__).parents[2]))


@pytest.mark.parametrize("cell", ["rnn", "lstm97"])
def test_every_point_of_the_curves_has_50_trials(cell):
    plan = dict(papers.plan("why/puzzle"))
    assert all(plan[Puzzle(cell=cell, gap=gap)] >= 50 for gap in GAPS)


def test_both_nets_get_the_same_search():
    tried = {"rnn": set(), "lstm97": set()}
    for v in papers.comparisons("why.puzzle.search"):
        s = v.setting
        assert s == Puzzle(
            cell=s.cell, gap=s.gap, weight_range=s.weight_range, learning_rate=s.learning_rate
        )
        tried[s.cell].add((s.gap, s.weight_range, s.learning_rate, v.trials))
    assert tried["rnn"] == tried["lstm97"]
    assert {(gap, 1.0, 0.5, 20) for gap in (9, 20, 50)} < tried["rnn"]


def test_what_is_said_of_each_net():
    shares = [c for c in papers.claims("why.puzzle") if c.kind == "share"]
    assert {(c.setting.cell, c.measure) for c in shares} == {
        ("rnn", "unsolved"),
        ("lstm97", "solved"),
    }
    assert all(c.setting == Puzzle(cell=c.setting.cell, gap=c.setting.gap) for c in shares)


def test_every_cell_is_shown_on_the_puzzle_and_on_streams():
    others = papers.comparisons("why.puzzle")
    for kind, gap, n in (("variant", 50, 1), ("stream", 4, 10)):
        of = [v.setting for v in others if f".{kind}." in v.id]
        assert {"lstm2000", "peephole", "gru"} < {s.cell for s in of}
        assert {(s.gap, s.n_puzzles) for s in of} == {(gap, n)}
