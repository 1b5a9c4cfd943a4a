"""Executing a notebook: what it may not do, and what is left in the copy."""

import io
import os

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from replicate.chapters import catalogue, execution
from replicate.errors import ReplicateError
from tests.toy_book import notebook, write


@pytest.fixture
def raising(toy_book):
    """Return a function that puts a cell into the page and returns the page."""

    def put(source, tags=()):
        cells = [
            new_markdown_cell("# Page"),
            new_code_cell(source, metadata={"tags": list(tags)}),
        ]
        write(toy_book / "chapters/page.ipynb", notebook(*cells))
        return catalogue.notebooks()[1]

    return put


def test_parameters_reach_the_cells_and_stderr_only_the_terminal(toy_book):
    toy, terminal = catalogue.find("paper/1-toy"), io.StringIO()
    before = toy.path.read_bytes()
    done = execution.execute(toy, {"T": 60}, progress=terminal)
    parameters, injected, work = done.cells[1:]
    assert injected.source == "# Parameters\nT = 60\n"
    assert work.outputs[-1].data == {"text/plain": "60"}
    assert terminal.getvalue() == "progress 1/1\n"
    assert "progress" not in str(work.outputs)
    assert parameters.execution_count == 1
    assert toy.path.read_bytes() == before


def test_two_executions_are_equal(toy_book):
    toy = catalogue.find("paper/1-toy")
    assert execution.execute(toy, {"seed": 3}) == execution.execute(toy, {"seed": 3})


def test_the_kernel_knows_the_project_and_its_threads(raising):
    source = "import os; print(os.environ['REPLICATE_ROOT'], os.environ['OMP_NUM_THREADS'])"
    before = dict(os.environ), os.getcwd()
    page = raising(source)
    done = execution.execute(page, environment={**execution.ONE_THREAD})
    assert done.cells[1].outputs[0].text == f"{page.path.parents[1]} 1\n"
    assert (dict(os.environ), os.getcwd()) == before


@pytest.mark.parametrize("tags", [(), ("raises-exception",)])
def test_a_cell_that_raised_is_an_error(raising, tags):
    page = raising("1/0", tags)
    with pytest.raises(ReplicateError, match="page: cell 1 raised ZeroDivisionError: division"):
        execution.execute(page)


def test_a_kernel_that_died_is_an_error(raising):
    with pytest.raises(ReplicateError, match="page: its kernel died"):
        execution.execute(raising("import os; os._exit(1)"))


def test_a_reader_s_own_start_up_files_are_not_run(raising, tmp_path, monkeypatch):
    folder = tmp_path / "ipython/profile_default/startup"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text("mine = 1\n")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    done = execution.execute(raising("'mine' in globals()"))
    assert done.cells[1].outputs[0].data == {"text/plain": "False"}


def test_what_differs_between_runs_is_dropped():
    injected = new_code_cell("T = 1", id="random", metadata={"tags": ["injected-parameters"]})
    cell = new_code_cell(
        "1",
        metadata={
            "papermill": {"duration": 1},
            "execution": {"iopub.status.busy": "2026"},
            "tags": [],
        },
        outputs=[
            new_output("stream", name="stderr", text="50 %"),
            new_output("stream", name="stdout", text="kept"),
        ],
    )
    parameters = new_code_cell("", metadata={"tags": ["parameters", "hide-input"]})
    book = notebook(parameters, injected, cell)
    book.metadata.update(papermill={"input_path": "/home"}, widgets={"a": 1})
    execution.normalised(book)
    assert set(book.metadata) == {"kernelspec", "language_info"}
    assert book.metadata.kernelspec.name == "python3"
    assert cell.metadata == {}
    assert [output.name for output in cell.outputs] == ["stdout"]
    assert injected.id == "injected-parameters"
    assert injected.metadata.tags == ["injected-parameters", "hide-input"]
