"""The notebooks of the book: their form, their parameters, and that each of them runs."""

import ast
from pathlib import Path

import pytest

from replicate.chapters import execution, parameters
from replicate.chapters.catalogue import Chapter, notebooks
from replicate.chapters.reporting import reported
from replicate.experiments import experiments

PROJECT = Path(__file__).parents[1]
NOTEBOOKS = [
    Chapter(path.relative_to(PROJECT / "chapters").with_suffix("").as_posix(), path)
    for path in sorted((PROJECT / "chapters").rglob("[!.]*.ipynb"))
]
CHAPTERS = [notebook for notebook in NOTEBOOKS if notebook.rerunnable]
COMMON = {"preset": ("str", "book"), "n_trials": ("Optional[int]", None)}
COMMON |= {"seed": ("int", 0), "device": ("str", "cpu")}

every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda n: n.name)
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Make a project of the same files whose overlay is empty, so that trials are computed."""
    for name in ("_config.yml", "_toc.yml", "chapters", "data", "requirements.lock"):
        (tmp_path / name).symlink_to(PROJECT / name)
    monkeypatch.setenv("REPLICATE_ROOT", str(tmp_path))


def cell_of_parameters(chapter):
    code = [cell for cell in chapter.content()["cells"] if cell["cell_type"] == "code"]
    tagged = [c for c in code if "parameters" in c["metadata"].get("tags", [])]
    assert tagged == code[:1], "exactly the first code cell is tagged parameters"
    return "".join(tagged[0]["source"])


def test_the_table_of_contents_names_every_notebook(monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(PROJECT))
    assert {notebook.name for notebook in notebooks()} == {
        notebook.name for notebook in NOTEBOOKS
    }


@every_notebook
def test_a_notebook_is_kept_without_results(notebook):
    content = notebook.content()
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        assert not {"execution", "papermill"} & set(cell["metadata"])
    assert not {"widgets", "papermill"} & set(content["metadata"])
    assert content["metadata"]["kernelspec"] == execution.KERNEL


@every_notebook
def test_its_experiments_are_known(notebook):
    assert not notebook.rerunnable or notebook.experiments or notebook.setting
    assert set(notebook.experiments or ()) <= set(experiments())


@every_chapter
def test_parameters_are_annotated_literals_with_a_meaning(chapter):
    source = cell_of_parameters(chapter)
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom):
            assert statement.module == "typing"
            continue
        assert isinstance(statement, ast.AnnAssign), ast.unparse(statement)
        assert statement.lineno == statement.end_lineno
        ast.literal_eval(statement.value)
        code, _, meaning = lines[statement.lineno - 1].partition("  # ")
        assert code == ast.unparse(statement).replace("'", '"')
        assert len(meaning) > 3


@every_chapter
def test_papermill_infers_what_the_cell_assigns(chapter):
    assigned = [
        (s.target.id, ast.unparse(s.annotation), ast.literal_eval(s.value))
        for s in ast.parse(cell_of_parameters(chapter)).body
        if isinstance(s, ast.AnnAssign)
    ]
    known = parameters.read(chapter)
    assert [(p.name, p.kind, p.default) for p in known] == assigned
    assert all(parameters.KIND.fullmatch(p.kind) and p.meaning for p in known)


@every_chapter
def test_every_chapter_has_the_common_parameters(chapter):
    if not chapter.experiments:
        pytest.skip("it has no trials")
    known = {p.name: (p.kind, p.default) for p in parameters.read(chapter)}
    assert COMMON.items() <= known.items()


@every_chapter
def test_the_defaults_are_allowed(chapter):
    known = parameters.read(chapter)
    texts = {p.name: str(p.default) for p in known}
    assert parameters.check(chapter, texts) == {p.name: p.default for p in known}


@every_chapter
def test_a_chapter_runs_in_seconds_with_the_smoke_preset(chapter, elsewhere):
    has_trials = bool(chapter.experiments)
    texts = {"corpus": "toy"} if "corpus" in {p.name for p in parameters.read(chapter)} else {}
    done = execution.execute(chapter, {"preset": "smoke", **texts} if has_trials else {})
    report = reported(done)
    assert report.numbers
    assert bool(report.verdicts) == bool(report.records) == has_trials
