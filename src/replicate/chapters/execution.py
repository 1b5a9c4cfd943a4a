"""Execute a chapter by papermill, and bring the result to the one form that is published."""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from replicate.chapters.catalogue import Chapter
from replicate.errors import ReplicateError
from replicate.root import root

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "pygments_lexer": "ipython3"}
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
LONGEST_FOLDER = 80  # the path of a socket may have some 100 characters
INJECTED = "injected-parameters"


def execute(
    chapter: Chapter,
    values: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    progress: TextIO | None = None,
) -> Any:
    """Return the executed and normalised notebook; the source stays as it is.

    What cells write to stderr goes to ``progress`` and never into the notebook. Raises
    ``ReplicateError`` naming chapter, cell and error when a cell raised or the kernel died.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    base = root()
    with (
        tempfile.TemporaryDirectory(prefix="replicate-") as folder,
        _environment(
            # A reader's own start-up files must not change what a chapter computes.
            {"REPLICATE_ROOT": str(base), "IPYTHONDIR": folder, **(environment or {})}
        ),
    ):
        try:
            notebook = papermill.execute_notebook(
                str(chapter.path),
                None,
                parameters=dict(values or {}),
                kernel_name="python3",
                progress_bar=False,
                cwd=str(base),
                stderr_file=progress,
                config=_transport(folder),
                extra_arguments=["--log-level=CRITICAL"],  # it logs its own shutdown
            )
        except PapermillExecutionError as error:
            raise ReplicateError(
                f"{chapter.name}: cell {error.exec_count} raised {error.ename}: {error.evalue}"
            ) from error
        except DeadKernelError as error:
            raise ReplicateError(f"{chapter.name}: its kernel died, out of memory?") from error
    _refuse_errors(chapter, notebook)
    return normalised(notebook)


def normalised(notebook: Any) -> Any:
    """Return the notebook without times, paths, random names, widgets and stderr, in place.

    The cell that papermill injected is shown or hidden as the parameters cell is.
    """
    metadata = notebook.metadata
    for key in ("papermill", "widgets"):
        metadata.pop(key, None)
    metadata["kernelspec"] = dict(KERNEL)
    metadata["language_info"] = dict(LANGUAGE)
    shown: list[str] = []
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime"):
            cell.metadata.pop(key, None)
        tags = cell.metadata.pop("tags", [])
        if "parameters" in tags:
            shown = [tag for tag in tags if tag != "parameters"]
        if INJECTED in tags:
            cell["id"] = INJECTED
            tags = [INJECTED, *shown]
        if tags:
            cell.metadata["tags"] = tags
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    return notebook


def _refuse_errors(chapter: Chapter, notebook: Any) -> None:
    """Raise for outputs of kind ``error``, which a tag of the cell would let pass."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                raise ReplicateError(
                    f"{chapter.name}: cell {cell['execution_count']} raised "
                    f"{output['ename']}: {output['evalue']}"
                )


def _transport(folder: str) -> Any:
    """Let the kernel talk through sockets in a private folder where the system can."""
    from traitlets.config import Config

    if sys.platform == "win32" or len(folder) > LONGEST_FOLDER:
        return Config()
    private = Path(folder)
    return Config(
        KernelManager={
            "transport": "ipc",
            "ip": str(private / "kernel"),
            "connection_file": str(private / "kernel.json"),
        }
    )


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, which the kernel inherits, and restore them afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
