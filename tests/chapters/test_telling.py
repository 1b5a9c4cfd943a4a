"""What every chapter shows of its trials, by the example of the adding problem's."""

import re

import pytest

from replicate import papers
from replicate.chapters.run import Run
from replicate.chapters.telling import Told
from replicate.figures import exhibits
from replicate.verdicts import REPRODUCED, Verdict


@pytest.fixture(scope="module")
def told():
    return Told.of(Run.of("hochreiter1997.adding", {}))


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_headlines_are_the_claims_on_how_many_sequences_it_took(told):
    titles = [told.run.title(setting) for setting in told.headlines]
    assert titles == ["T = 100", "T = 500", "T = 1000"]
    assert [v.claim.value for v in told.headlines.values()] == [74_000, 209_000, 853_000]
    assert text(told.badges()).count("the paper:") == 3
    assert text(told.badges(of=lambda setting: setting.T > 100)).count("the paper:") == 2


def test_a_page_on_two_nets_begins_with_how_they_compare():
    run = Run.of("sundermeyer2012.language_model", {})
    claim = run.claims[0]
    told = Told(run, {}, [Verdict(claim, REPRODUCED, 0.9, 0.89, 0.91, 3, 3)])
    said = "200 units: reproduced 0.9 of the plain net's test perplexity; the paper: 0.92"
    assert list(told.headlines) == [claim.setting]
    assert said in text(told.badges())


def test_each_verdict_is_in_the_table_or_among_the_rest(told):
    measures = ["sequences", "wrong", "solved"]
    table = text(told.verdict_table("Table 7", measures))
    rest = text(told.verdict_table("Rest", measures, rest=True))
    assert "training sequences until solved" in table
    assert "trials that need at most 700,000 sequences" in rest
    badges = sum(
        len(re.findall("not reproduced|reproduced|undecided", t)) for t in (table, rest)
    )
    assert badges >= len(told.verdicts)
    assert "training sequences until solved" not in rest


def test_the_papers_table_has_a_row_for_each_setting_with_its_numbers(told):
    table = text(told.paper_table({"weights": "weights", "sequences": "after"}, "Table 7"))
    for said in "T = 100 93 74,000", "T = 500 93 209,000", "T = 1000 93 853,000":
        assert said in table


def test_readings_are_called_by_what_they_change(told):
    claim = papers.claims("hochreiter1997.adding.T100.sequences")[0]
    readings = told.readings(claim, "hochreiter1997.adding.reading.identity")
    assert [name for name, *_ in readings.values()][:2] == ["literal", "output_unit=identity"]
    assert "equation 19" in text(told.passages(readings))
    table = text(told.reading_table(claim, readings, {"wrong": "Wrong"}, "Readings"))
    assert "literal as the text says" in table
    assert all(r in told.shown for *_, trials in readings.values() for r in trials)


def test_dots_are_shown_of_the_settings_that_are_asked_for(told, monkeypatch):
    shown = []
    monkeypatch.setattr(exhibits, "show_dots", lambda groups, caption: shown.append(groups))
    told.dots("all")
    told.dots("some", of=lambda setting: setting.T > 100)
    everything, some = ([group.label for group in groups] for groups in shown)
    assert len(everything) == len(told.found)
    assert some == ["T = 500", "T = 1000"]
