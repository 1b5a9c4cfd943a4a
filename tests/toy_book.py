"""A project of two notebooks and one page, as small as the book lets it be."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """\
from typing import List, Optional
preset: str = "book"  # smoke, book or paper
T: Optional[int] = None  # minimal length, time steps, 20 to 100000
n_trials: Optional[int] = None  # trials, at least 1
input_gate_bias: Optional[List[float]] = None  # one number a block
learning_rate: float = 0.5  # 0 to 100
full: bool = False  # whether gradients are whole
label: str = "plain"  # any word
seed: int = 0  # of the first trial
device: str = "cpu"  # cpu, cuda or auto"""

WORK = """\
import sys
from myst_nb import glue
print("progress 1/1", file=sys.stderr)
glue("answer", 100.0 if T is None else float(T), display=False)
T"""

TRIALS = """\
from dataclasses import replace
from replicate import papers, trials, verdicts
from replicate.chapters import report
from replicate.tasks.adding import Adding
setting = Adding.of({**Adding.smoke, "cap": 100, "T": T or 20})
records = trials.gather(setting, n_trials or 2, seed=seed, strict=False, device=device)
claim = replace(papers.claim("hochreiter1997.adding.T100.sequences"), setting=setting)
numbers = {"T": setting.T, "mean |error|": records[0]["outcome"]["test"]["mean_abs_error"]}
report([verdicts.judge(claim, records)], records, numbers)"""

CONFIG = """\
title: Toy
only_build_toc_files: true
execute: {execute_notebooks: "off"}
"""

TOC = """\
format: jb-book
root: chapters/index
parts:
  - caption: Paper
    chapters: [{file: chapters/paper/1-toy}, {file: chapters/page}]
"""


def notebook(*cells, experiments=None):
    named = {} if experiments is None else {"replicate": {"experiments": experiments}}
    return new_notebook(cells=list(cells), metadata=named)


def write(path: Path, book) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "?", "language": "python"}
    nbformat.write(book, path)
    return path


@pytest.fixture
def toy_book(tmp_path, monkeypatch):
    """Return the root of a project with chapter ``paper/1-toy`` and page ``page``."""
    base = tmp_path / "project"
    toy = notebook(
        new_markdown_cell("# The toy\n\nIt says {glue:text}`answer:.1f` for $x^2$."),
        new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        new_code_cell(WORK),
        experiments=["hochreiter1997/adding"],
    )
    write(base / "chapters/paper/1-toy.ipynb", toy)
    write(
        base / "chapters/page.ipynb", notebook(new_markdown_cell("# Page"), new_code_cell("1"))
    )
    (base / "chapters/index.md").write_text("# Index\n")
    (base / "_config.yml").write_text(CONFIG)
    (base / "_toc.yml").write_text(TOC)
    (base / "requirements.lock").write_text("numpy==2.4.6\n")
    for name in ("papers/hochreiter1997.yml", "papers/other1999.yml"):
        (base / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "data" / name).write_text("[]\n")
    (base / "data/runs/hochreiter1997").mkdir(parents=True)
    (base / "data/runs/hochreiter1997/adding.jsonl").write_text("")
    monkeypatch.setenv("REPLICATE_ROOT", str(base))
    return base
