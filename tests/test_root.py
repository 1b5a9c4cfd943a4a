"""The project's root, found from anywhere."""

from pathlib import Path

import pytest

from replicate import root as module
from replicate.errors import ReplicateError
from replicate.root import MARK, root

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def marked(tmp_path, monkeypatch):
    """Return a folder that is a root, with a folder inside; nothing is named."""
    monkeypatch.delenv("REPLICATE_ROOT", raising=False)
    (tmp_path / "project/inside").mkdir(parents=True)
    (tmp_path / "project" / MARK).touch()
    return tmp_path / "project"


def test_the_variable_comes_first(marked, monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(marked))
    assert root(PROJECT) == marked


def test_a_variable_that_names_no_root_is_an_error(marked, monkeypatch):
    monkeypatch.setenv("REPLICATE_ROOT", str(marked / "inside"))
    with pytest.raises(ReplicateError, match=r"inside holds no _config\.yml"):
        root()


def test_the_nearest_folder_upward_comes_next(marked, monkeypatch):
    monkeypatch.chdir(marked / "inside")
    assert root() == root(marked) == marked


def test_the_checkout_of_an_editable_install_comes_last(marked):
    assert root(marked.parent) == PROJECT


def test_none_is_an_error_that_says_what_to_do(marked, monkeypatch):
    monkeypatch.setattr(module, "__file__", str(marked.parent / "a/b/root.py"))
    with pytest.raises(
        ReplicateError, match="go into the project's folder or set REPLICATE_ROOT"
    ):
        root(marked.parent)
