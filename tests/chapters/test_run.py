"""One run of a chapter: which settings it computes, beside which of the paper's."""

from dataclasses import replace
from pathlib import Path

import pytest

from replicate import papers, records, trials
from replicate.chapters.run import Run, changes, recorded
from replicate.errors import MissingTrials, SettingError
from replicate.tasks.adding import Adding
from replicate.verdicts import NOT_COMPARABLE, UNDECIDED

PREFIX = "hochreiter1997.adding"
TINY = {"T": 20, "cap": 60, "n_test": 8}
PAPERS = Path(__file__).parents[2] / "data" / "papers"


@pytest.fixture(autouse=True)
def empty(project):
    """Work in a project with all claims and no trial."""
    (project / "data").mkdir()
    (project / "data/papers").symlink_to(PAPERS)


def headline(run):
    return next(c for c in run.claims if c.measure == "sequences")


def test_with_nothing_given_the_settings_are_the_papers_and_must_be_published():
    run = Run.of(PREFIX, {"T": None, "first_pair": None})
    assert run.strict
    assert [s.T for s in run.beside] == [100, 500, 1000, 100]
    assert all(ours == paper for ours, paper in run.beside.items())
    with pytest.raises(
        MissingTrials, match="replicate run hochreiter1997/adding --trials 0-99"
    ):
        run.trials()
    with pytest.raises(MissingTrials):
        run.published(Adding(), 3)


@pytest.mark.parametrize(
    ("given", "ours", "beside"),
    [
        ({"T": 60}, Adding(T=60), 100),
        ({"T": 450}, Adding(T=450, dtype="float32"), 500),
        ({"first_pair": "never"}, Adding(first_pair="never"), 100),
        ({"T": 1000, "reset": 0.5}, Adding(T=1000, reset=0.5, dtype="float32"), 1000),
        ({"block_size": 1}, Adding(block_size=1, dtype="float32"), 100),
    ],
)
def test_a_changed_setting_stands_beside_the_nearest_of_the_paper(given, ours, beside):
    run = Run.of(PREFIX, given)
    assert not run.strict
    assert [(s, paper.T) for s, paper in run.beside.items()] == [(ours, beside)]


@pytest.mark.parametrize(
    "other", [{"n_trials": 3}, {"seed": 1}, {"device": "cuda"}, {"preset": "paper"}]
)
def test_any_parameter_makes_it_another_run_than_the_books(other):
    run = Run.of(PREFIX, {}, **other)
    assert not run.strict
    assert len(run.beside) == 4
    assert run.published(Adding(), 3) == []


def test_what_a_setting_cannot_have_is_an_error():
    with pytest.raises(SettingError, match="T = 3"):
        Run.of(PREFIX, {"T": 3})


def test_trials_are_computed_and_compared_with_the_books_numbers_by_the_same_labels():
    run = Run.of(PREFIX, TINY, n_trials=3, seed=5)
    (setting,) = run.beside
    found = run.trials()
    assert [r["seed"] for r in found[setting]] == [5, 6, 7]
    assert len(records.read(records.overlay_path(Adding.experiment))) == 3
    ((label, share),) = run.numbers(found, {"wrong": "wrong"}).items()
    assert (label, share) == ("solved trials, % (book: T = 100)", 0.0)
    solved = [{**r, "outcome": {**r["outcome"], "status": "solved"}} for r in found[setting]]
    book = Run.of(PREFIX, {})
    labels = book.numbers(dict.fromkeys(book.beside, solved), {"wrong": "wrong"})
    assert label in labels
    assert labels["sequences until solved, mean (book: T = 1000)"] == 60


def test_numbers_of_trials_that_were_not_solved_are_told_where_they_are_asked_for():
    run = Run.of(PREFIX, TINY, n_trials=2)
    (setting,) = run.beside
    found = run.trials()
    given = [r["outcome"]["test"]["wrong"] for r in found[setting]]
    told = run.numbers(found, {"wrong": "wrong"}, unsolved=True)
    assert told["wrong, mean (book: T = 100)"] == sum(given) / 2
    diverged = {**found[setting][0]["outcome"], "status": "diverged", "test": {}}
    one = {setting: [{**found[setting][0], "outcome": diverged}, found[setting][1]]}
    told = run.numbers(one, {"wrong": "wrong"}, unsolved=True)
    assert told["wrong, mean (book: T = 100)"] == given[1]


def test_how_many_trials():
    def number(n_trials=None, preset="book", **given):
        run = Run.of(PREFIX, given, preset, n_trials)
        return next(run._number(*pair) for pair in run.beside.items())

    assert number() == number(preset="paper") == 100
    assert number(T=60) == 10  # as many as the paper had
    assert number(7, T=60) == 7
    assert number(preset="smoke") == 2


def test_trials_beyond_the_fewest_count_but_none_after_a_gap():
    setting = Adding.of(TINY)
    path = records.recorded_path(Adding.experiment)
    trials.run(setting, [0, 1, 2, 4], path=path, progress=False)
    assert recorded(setting) == 3
    run = Run.of(PREFIX, {})
    assert [r["seed"] for r in run.published(setting, 2)] == [0, 1, 2]


def test_only_the_papers_settings_and_readings_are_judged():
    run = Run.of(PREFIX, TINY, n_trials=2)
    (setting,) = run.beside
    outcomes = run.trials()[setting]
    verdicts = run.judged({setting: outcomes})
    assert {v.verdict for v in verdicts} == {NOT_COMPARABLE}
    assert "those with T = 100" in verdicts[0].why
    reading = papers.readings(f"{PREFIX}.reading.never")[0].setting
    share = next(c for c in run.claims if c.kind == "share")
    for setting in (reading, replace(reading, dtype="float64"), Adding()):
        assert run.judge(share, setting, outcomes).verdict != NOT_COMPARABLE
    one_solved = [{**outcomes[0], "outcome": {**outcomes[0]["outcome"], "status": "solved"}}]
    assert run.judge(share, Adding(), one_solved).verdict == UNDECIDED


def test_a_pair_of_which_one_is_changed_has_no_number(monkeypatch):
    def trials_of(perplexity):
        test = {"test_perplexity": perplexity}
        return [{"seed": s, "outcome": {"status": "solved", "test": test}} for s in range(3)]

    monkeypatch.setattr(Run, "published", lambda *given: trials_of(100.0))
    run = Run.of("sundermeyer2012.language_model", {})
    claim = run.claims[0]
    assert run.judge(claim, claim.setting, trials_of(90.0)).ours == pytest.approx(0.9)
    for given in ({"corpus": "bible"}, {"n_hidden": 150}):
        verdict = run.judge(claim, replace(claim.setting, **given), trials_of(90.0))
        assert (verdict.verdict, verdict.ours, verdict.low) == (NOT_COMPARABLE, None, None)


def test_a_title_names_what_the_paper_varies_and_what_is_changed():
    run = Run.of(PREFIX, {})
    titles = [run.title(setting) for setting in run.beside]
    assert titles == ["T = 100", "T = 500", "T = 1000", "T = 100, block_size = 1"]
    assert run.title(Adding(first_pair="never")) == "T = 100, first_pair = never"
    assert changes(Adding(T=500, dtype="float32")) == {"T": 500}
    assert changes(Adding(T=500), Adding(reset=0.5)) == {"T": 500, "reset": 0.0}


def test_a_smoke_run_is_tiny_everywhere():
    run = Run.of(PREFIX, {}, preset="smoke")
    assert [(s.T, s.cap, paper.T) for s, paper in run.beside.items()] == [(20, 2000, 100)]
    tiny = run.published(replace(Adding(), streak=100), 30)
    assert [(r["seed"], r["setting"]["T"]) for r in tiny] == [(0, 20), (1, 20)]
    given = Run.of(PREFIX, {"T": 24, "streak": 50}, preset="smoke")
    (one, _) = given.published(Adding(), 30)
    assert (one["setting"]["T"], one["setting"]["streak"]) == (24, Adding().streak)
