"""The scoreboard on synthetic records in an empty project."""

import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from replicate import papers, scoreboard
from replicate.errors import ReplicateError
from replicate.outcome import Outcome
from replicate.record import line, record
from replicate.records import overlay_path, recorded_path
from replicate.tasks.adding import Adding

DATA = Path(__file__).parents[1] / "data/papers/hochreiter1997/4-adding.yml"
ADDING = "hochreiter1997.adding"


@pytest.fixture
def board(project):
    """Return a project with the claims, a chapter and a README, without any trial."""
    (project / "data/papers/hochreiter1997").mkdir(parents=True)
    shutil.copy(DATA, project / "data/papers/hochreiter1997")
    (project / "chapters" / "hochreiter1997").mkdir(parents=True)
    (project / "chapters" / "hochreiter1997" / "4-adding.ipynb").touch()
    (project / "chapters" / "hochreiter1997" / "5-mis-adding.ipynb").touch()
    (project / "README.md").write_text(
        f"# Title\n\n{scoreboard.START}\nold\n{scoreboard.END}\n\nMore.\n"
    )
    return project


def publish(setting, seeds, sequences=80_000, path=None):
    made = [
        record(
            setting,
            Outcome(seed, "solved", sequences + 100 * seed, 1, {
                "sequences": 2560, "wrong": seed % 2, "mean_abs_error": 0.005,
                "mean_squared_error": 1e-4,
            }, weights=np.zeros(3)),
            setting.backends[0], "cpu",
        )
        for seed in seeds
    ]  # fmt: skip
    path = path or recorded_path(setting.experiment)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.writelines(line(r) + b"\n" for r in made)


def publish_everything():
    """Publish ten trials more than asked for: of 30 solved ones, Wilson is not yet sure."""
    for name in ("hochreiter1997/adding", "hochreiter1997/adding-modern"):
        for setting, n in papers.plan(name):
            publish(setting, range(n + 10), {500: 1_000_000}.get(setting.values()["T"], 80_000))


def by_name(verdicts):
    return {v.claim.id.removeprefix(f"{ADDING}."): v for v in verdicts}


def test_scores_follow_from_the_published_trials(board):
    publish_everything()
    found = by_name(scoreboard.score(ADDING))
    assert found["T100.sequences"].verdict == "reproduced"
    assert found["T100.sequences"].ours == 80_000 + 100 * 54.5
    assert found["T500.sequences"].verdict == "not reproduced"
    assert found["T1000.sequences"].faster
    assert found["T100.wrong"].n == 110
    assert found["T1000.wrong"].n == 40
    assert scoreboard.totals(list(found.values())) == {"reproduced": 22, "not reproduced": 2}


def test_only_published_trials_without_a_gap_count(board):
    publish(Adding(), range(10), path=overlay_path("hochreiter1997/adding"))
    publish(Adding(reset=0.5), range(10))
    assert by_name(scoreboard.score())["T100.sequences"].verdict == "not run"
    publish(Adding(), [*range(5), *range(7, 20)])
    assert by_name(scoreboard.score())["T100.sequences"].n == 5


def test_check_names_what_is_missing_and_the_command(board):
    scoreboard.update()
    publish(Adding(), [*range(60), 70])
    problems = scoreboard.check(f"{ADDING}.T100.sequences")
    assert problems == [
        f"{ADDING}.T100.sequences: 39 of 100 trials are missing; run: "
        "replicate run hochreiter1997/adding --trials 60-69,71-99 --record",
        "the table of README.md is stale; run: replicate score",
    ]
    every = scoreboard.check(ADDING)
    beside = len(papers.readings(ADDING)) + len(papers.comparisons(ADDING))
    assert len(every) == 3 + 1 + beside + 1
    assert any(
        "--trials 0-29 -p T=1000 -p dtype=float32 --record" in problem for problem in every
    )
    assert any("adding-modern --trials 0-29 -p cell=rnn -p" in p for p in every)


def test_check_is_content_when_all_is_there(board):
    publish_everything()
    assert scoreboard.update()
    assert scoreboard.check() == []
    assert not scoreboard.update()


@pytest.mark.parametrize("readme", [None, "# Title\n", scoreboard.START, scoreboard.END])
def test_a_readme_without_a_place_for_the_table_is_a_problem(board, readme):
    (board / "README.md").unlink()
    if readme:
        (board / "README.md").write_text(readme)
    assert scoreboard.check()[-1].startswith("README.md has no place for the table")
    with pytest.raises(ReplicateError, match="has no place"):
        scoreboard.update()


def test_the_readme_keeps_everything_but_the_table(board):
    publish_everything()
    scoreboard.update()
    text = (board / "README.md").read_text()
    head, row = [r for r in text.splitlines() if r.startswith("|") and "---" not in r]
    assert text.startswith("# Title\n\n<!-- scoreboard -->\n\n| Experiment |")
    assert text.endswith("|\n\n<!-- /scoreboard -->\n\nMore.\n")
    assert head.count("|") == row.count("|") == 8
    assert row == (
        "| [Adding problem](chapters/hochreiter1997/4-adding.ipynb) "
        "| training sequences until solved, T = 100 | 74,000 | 85,400 (84,900 to 86,000) "
        "| 110 of 110 | reproduced | 22 reproduced, 2 not reproduced |"
    )


def test_an_empty_readme_row_says_not_run(board):
    row = scoreboard.readme_table(scoreboard.score()).splitlines()[-1]
    assert row.endswith("| 74,000 | – | – | not run | 6 reproduced, 18 not run |")


class Tags(HTMLParser):
    """Collects rows, and fails on tags that are not closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.rows, self.links, self.classes = [], {}, set(), []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "tr":
            self.row = self.rows.setdefault(named.get("id"), [])
        if tag in ("th", "td"):
            self.row.append("")
        self.links |= {named["href"]} if "href" in named else set()
        self.classes += named.get("class", "").split()
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "tr" in self.open:
            self.row[-1] += data


def test_the_page_shows_every_claim_with_its_verdict_in_words(board):
    publish_everything()
    verdicts = scoreboard.score()
    page = Tags(scoreboard.table(verdicts))
    assert {id for id in page.rows if id} == {v.claim.id for v in verdicts}
    row = page.rows[f"{ADDING}.T500.sequences"]
    assert row[0].startswith("training sequences until solved, T = 500section 5.4, Table 7")
    assert row[1:5] == ["209,000", "at most 313,500", "1,010,000", "1,000,000 to 1,010,000"]
    assert row[5:7] == ["110 of 110", "< 0.001"]
    assert row[7].startswith("not reproduced")
    assert page.links == {"hochreiter1997/4-adding.html"}
    assert page.classes.count("verdict-not-reproduced") == 2
    assert page.classes[0] == "scoreboard"


def test_the_page_escapes_what_papers_say(board):
    text = DATA.read_text().replace("Blocks of size 1 work, too.", "a < b & <i>c</i>")
    (board / "data/papers/hochreiter1997" / DATA.name).write_text(text)
    html = scoreboard.table(scoreboard.score())
    assert "a &lt; b &amp; &lt;i&gt;c&lt;/i&gt;" in html
    Tags(html)


def test_a_chapter_may_name_the_experiment_of_its_claims(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(Path(__file__).parents[1]))
    claim = papers.claim("why.puzzle.lstm_50")
    assert scoreboard.chapter(claim) == "why/lstm-unit"
    assert scoreboard.chapter(replace(claim, experiment="why/nothing")) is None
