"""What several tests need: a toy experiment, an empty project, and the command line."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

# Read when torch is first imported, also by the processes that tests start. The nets are small:
# threads that share one wait for each other, on a busy machine most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from replicate import cli, tasks
from replicate.experiments import experiments
from tests.toy_book import toy_book as toy_book

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Add the experiment ``toys/toy`` while a test runs, and give its module."""
    experiments.cache_clear()
    folder = str(Path(__file__).parent / "toys")
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, folder])
    monkeypatch.delitem(sys.modules, "replicate.tasks.toy", raising=False)
    yield importlib.import_module("replicate.tasks.toy")
    experiments.cache_clear()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a project that has no records, and return its root."""
    (tmp_path / "_config.yml").touch()
    monkeypatch.setenv("REPLICATE_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def said(
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, list[str], list[str]]]:
    """Return a function that runs a command: exit status, lines printed, lines of errors."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        status = cli.main(arguments)
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return run
