"""Reruns: what is written and nothing else; plain papermill makes equal records."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from replicate.chapters import cache, catalogue, reruns
from replicate.chapters.reporting import Report
from replicate.errors import ReplicateError
from replicate.records import differences, read
from tests.toy_book import PARAMETERS, TRIALS, notebook, write

PROJECT = Path(__file__).parents[2]
CLAIMS = PROJECT / "data/papers/hochreiter1997/4-adding.yml"


@pytest.fixture
def chapter(toy_book):
    """Return a chapter that trains tiny trials and reports them."""
    shutil.copy(CLAIMS, toy_book / "data/papers/hochreiter1997.yml")
    cells = (
        new_markdown_cell("# The toy"),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(TRIALS),
    )
    made = notebook(*cells, experiments=["hochreiter1997/adding"])
    write(toy_book / "chapters/paper/1-toy.ipynb", made)
    return catalogue.find("paper/1-toy")


def files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def overlay(folder: Path) -> list[dict]:
    found = read(folder / "_build/runs/hochreiter1997/adding.jsonl")
    return sorted(found, key=lambda record: record["seed"])


def test_a_rerun_writes_notebook_page_and_records(toy_book, chapter):
    made = reruns.rerun(chapter, {"T": "24", "n_trials": "3"})
    folder = toy_book / "_build/reruns/paper/1-toy/T=24,n_trials=3"
    assert files(folder.parent) == {
        f"{folder.name}/{name}" for name in ("1-toy.ipynb", "1-toy.html", "records.jsonl")
    }
    assert [record["seed"] for record in read(made.records)] == [0, 1, 2]
    assert {record["setting"]["T"] for record in read(made.records)} == {24}
    assert [r for r in overlay(toy_book) if r["setting"]["T"] == 24] == read(made.records)
    injected = json.loads(made.notebook.read_text())["cells"][2]
    assert injected["source"] == ["# Parameters\n", "T = 24\n", "n_trials = 3\n"]
    assert "<h1" in made.page.read_text()
    assert made.report.numbers["T"] == 24
    assert isinstance(made.published, Report)
    assert made.published.numbers["T"] == 20
    assert cache.fresh(chapter)


def test_a_rerun_replaces_the_one_before(chapter):
    first = reruns.rerun(chapter, {"T": "24"})
    (first.notebook.parent / "stray").touch()
    assert reruns.rerun(chapter, {"T": "24"}).notebook == first.notebook
    assert not (first.notebook.parent / "stray").exists()


@pytest.mark.parametrize("texts", [{"TT": "60"}, {"T": "3"}, {"T": "nan"}, {"n_trials": "0"}])
def test_what_is_refused_writes_nothing(toy_book, chapter, texts):
    before = files(toy_book)
    with pytest.raises(ReplicateError):
        reruns.rerun(chapter, texts)
    assert files(toy_book) == before


def test_a_rerun_that_fails_leaves_no_folder(toy_book, chapter):
    (toy_book / "data/papers/hochreiter1997.yml").write_text("[]\n")
    with pytest.raises(ReplicateError, match="paper/1-toy: cell 3 raised"):
        reruns.rerun(chapter, {"T": "24"})
    assert not (toy_book / "_build/reruns").exists()


def test_trials_that_were_not_kept_are_an_error(chapter):
    named = [{"experiment": "hochreiter1997/adding", "identity": "0" * 16}]
    with pytest.raises(ReplicateError, match="trials that were not kept: 0000"):
        reruns.trials(Report([], named, {}))


@pytest.mark.parametrize(
    "place", ["chapters/paper", pytest.param(".", marks=pytest.mark.slow), None]
)
def test_plain_papermill_makes_equal_records_from_anywhere(
    toy_book, chapter, tmp_path, monkeypatch, place
):
    ours = read(reruns.rerun(chapter, {"T": "24", "n_trials": "3"}).records)
    shutil.rmtree(toy_book / "_build")
    here = tmp_path / "elsewhere" if place is None else toy_book / place
    here.mkdir(exist_ok=True)
    if place is not None:
        monkeypatch.delenv("REPLICATE_ROOT")
    flags = ["-p", "T", "24", "-p", "n_trials", "3", "-k", "python3", "--no-progress-bar"]
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(chapter.path),
        str(tmp_path / "out.ipynb"),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command + flags, cwd=here, env=environment, check=True, capture_output=True)
    theirs = overlay(toy_book)
    assert len(ours) == len(theirs) == 3
    assert [differences(a, b) for a, b in zip(ours, theirs, strict=True)] == [[], [], []]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "as-published"),
        ({"T": 60, "n_trials": 8}, "T=60,n_trials=8"),
        ({"x": -1.5}, "x=-1.5"),
    ],
)
def test_a_slug_says_the_parameters(values, name):
    assert reruns.slug(values) == name


def test_different_parameters_have_different_slugs():
    odd = [{"x": "a/b"}, {"x": "a_b"}, {"x": "a b"}, {"x": "../.."}, {"x": "y" * 200}]
    slugs = [reruns.slug(values) for values in odd]
    assert len(set(slugs)) == len(slugs)
    assert all("/" not in slug and len(slug) <= 100 for slug in slugs)
