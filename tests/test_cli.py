"""The command line: what it prints, its exit status, and that a refusal writes nothing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from replicate import audit, cli
from replicate.chapters import book
from tests.toy_book import PARAMETERS, TRIALS, notebook, write

PROJECT = Path(__file__).parents[1]
CLAIMS = PROJECT / "data/papers/hochreiter1997/4-adding.yml"


def files(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def test_the_command_line_starts_quickly():
    code = "import sys, replicate.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "scipy", "torch", "papermill", "nbformat", "sphinx", "IPython", "yaml"}
    assert not heavy & set(done.stdout.split())


def test_list_shows_chapters_and_experiments(toy_book, said):
    status, out, _ = said("list")
    assert (status, out[0]) == (0, "paper/1-toy  9 parameters  The toy")
    adding = [line.split() for line in out if line.startswith("hochreiter1997/adding ")]
    assert adding == [["hochreiter1997/adding", "0", "recorded", "trials"]]


def test_params_shows_name_type_default_and_meaning(toy_book, said):
    status, out, _ = said("params", "paper/1-toy")
    assert status == 0
    assert len(out) == 9
    assert out[1].split(maxsplit=3) == [
        "T", "Optional[int]", "None", "minimal length, time steps, 20 to 100000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("rerun", "paper/1-toy", "-p", "TT=60"), "no parameter 'TT': did you mean T?"),
        (("rerun", "paper/1-toy", "-p", "T=abc"), "T = abc: give an integer"),
        (("rerun", "paper/1-toy", "-p", "T=3"), "T = 3: give 20 to 100000"),
        (("rerun", "paper/1-toy", "-p", "T=nan"), "T = nan: give an integer"),
        (("rerun", "paper/1-toy", "-p", "n_trials=0"), "n_trials = 0: give an integer of at"),
        (("rerun", "paper/1-toy", "-p", "T"), "-p T: give NAME=VALUE"),
        (("rerun", "paper/1-toy", "-p", "T=30", "-p", "T=40"), "T is given twice"),
        (("rerun", "paper/1-tyo"), "did you mean paper/1-toy?"),
        (("rerun", "/elsewhere.ipynb"), "is outside chapters/"),
        (("rerun", "../project/chapters/paper/1-toy"), "is outside chapters/"),
        (("params", "nothing"), "no chapter 'nothing'"),
        (("run", "hochreiter1997/addign", "--trials", "0"), "hochreiter1997/addign"),
        (("run", "hochreiter1997/adding", "--trials", "x"), "give seeds such as 0-99"),
        (("run", "hochreiter1997/adding", "--trials", "0", "-p", "t=60"), "did you mean T?"),
        (("run", "hochreiter1997/adding", "--trials", "0", "-p", "T=3"), "T = 3: give 20"),
    ],
)
def test_a_refusal_is_one_line_and_writes_nothing(toy_book, said, arguments, line):
    before = files(toy_book)
    status, out, err = said(*arguments)
    assert (status, out, len(err)) == (1, [], 1)
    assert err[0].startswith("replicate: ")
    assert line in err[0]
    assert files(toy_book) == before


@pytest.mark.parametrize("arguments", [("nothing",), ("params",), ("audit", "--sample", "0")])
def test_a_command_that_is_not_understood_exits_with_2(said, arguments):
    status, out, err = said(*arguments)
    assert (status, out) == (2, [])
    assert err[-1].startswith("Error: ")


def test_a_traceback_is_shown_only_when_asked_for(toy_book):
    with pytest.raises(cli.ReplicateError):
        cli.main(["params", "nothing", "--debug"])


def test_outside_a_project_the_error_says_so(tmp_path, monkeypatch, said):
    monkeypatch.setenv("REPLICATE_ROOT", str(tmp_path))
    status, _, err = said("list")
    assert status == 1
    assert "holds no _config.yml" in err[0]


def test_rerun_prints_verdict_difference_and_files(toy_book, said, monkeypatch):
    shutil.copy(CLAIMS, toy_book / "data/papers/hochreiter1997.yml")
    cells = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}), new_code_cell(TRIALS)
    made = notebook(
        new_markdown_cell("# The toy"), *cells, experiments=["hochreiter1997/adding"]
    )
    write(toy_book / "chapters/paper/1-toy.ipynb", made)
    monkeypatch.chdir(toy_book)
    status, out, _ = said("rerun", "paper/1-toy", "-p", "T=24", "-p", "n_trials=3")
    assert status == 0
    assert out[0].startswith("hochreiter1997.adding.T100.sequences: ")
    assert out[1] == "T: 24 here, 20 published, +20%"
    assert out[2].startswith("mean |error|: 0.")
    folder = "_build/reruns/paper/1-toy/T=24,n_trials=3"
    names = ("1-toy.ipynb", "1-toy.html", "records.jsonl")
    assert out[3:] == [f"wrote {folder}/{name}" for name in names]


def test_train_records_one_large_model(toy_book, said):
    pairs = ("corpus=toy", "n_hidden=4", "n_projection=4", "n_classes=4", "max_epochs=1")
    given = [word for pair in pairs for word in ("-p", pair)]
    name = "sundermeyer2012/language-model"
    status, out, _ = said("train", name, "--seed", "3", "--device", "cpu", *given)
    assert status == 0
    assert re.fullmatch(rf"{name}, seed 3: capped; epochs 1, .* valid_perplexity .*", out[0])
    assert (toy_book / f"_build/runs/{name}.jsonl").read_bytes().count(b"\n") == 1
    assert list(toy_book.glob(f"_build/training/{name}/*/trained.pt"))
    status, _, err = said("train", "hochreiter1997/adding")
    assert status == 1
    assert "replicate run hochreiter1997/adding" in err[0]


def test_run_merge_and_the_count_of_recorded_trials(toy_book, said):
    settings = ("--preset", "smoke", "-p", "cap=100", "--trials", "0-2")
    status, out, _ = said("run", "hochreiter1997/adding", *settings, "--threads", "1")
    assert (status, out) == (0, ["3 trials of hochreiter1997/adding: 3 capped"])
    overlay = toy_book / "_build/runs/hochreiter1997/adding.jsonl"
    assert said("merge", str(overlay))[:2] == (0, ["3 trials added, 0 were there already"])
    assert said("merge", str(overlay))[:2] == (0, ["0 trials added, 3 were there already"])
    assert any(line.split()[1:2] == ["3"] for line in said("list")[1])


def test_score_check_fails_while_trials_are_missing(toy_book, said):
    shutil.copy(CLAIMS, toy_book / "data/papers/hochreiter1997.yml")
    (toy_book / "README.md").write_text("<!-- scoreboard -->\n<!-- /scoreboard -->\n")
    status, out, err = said("score", "hochreiter1997.adding.T100", "--check")
    assert status == 1
    assert any(line.startswith("hochreiter1997.adding.T100.sequences: not run") for line in out)
    assert any("replicate run hochreiter1997/adding" in line for line in err)
    assert (toy_book / "README.md").read_text().count("\n") == 2
    assert said("score", "hochreiter1997.adding")[1][-1] == "wrote the table of README.md"
    assert (toy_book / "README.md").read_text().count("\n") > 2


@pytest.mark.parametrize(("equal", "status"), [(True, 0), (False, 1)])
def test_audit_exits_with_0_only_if_all_are_equal(said, monkeypatch, equal, status):
    asked = []
    monkeypatch.setattr(
        audit, "audit", lambda *given, **how: asked.append((given, how)) or equal
    )
    assert said("audit", "--sample", "3", "--seed", "1")[0] == status
    assert asked == [((3, None, 1, None), {"max_seconds": None})]


def test_book_says_where_the_first_page_is(toy_book, said, monkeypatch):
    monkeypatch.chdir(toy_book)
    monkeypatch.setattr(book, "book", lambda jobs, say: toy_book / "_build/html/index.html")
    assert said("book")[:2] == (0, ["open _build/html/index.html"])
