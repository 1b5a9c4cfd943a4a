"""The cache of executed notebooks: touching anything that a page depends on makes it stale."""

import sys
from pathlib import Path

import pytest

from replicate.chapters import cache, catalogue
from tests.toy_book import notebook


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return the folder of a small package that stands for ours."""
    folder = tmp_path / "package"
    (folder / "engine").mkdir(parents=True)
    for name in ("__init__.py", "engine/net.c", "engine/walk.inc"):
        (folder / name).write_text("1\n")
    monkeypatch.setattr(cache.replicate, "__file__", str(folder / "__init__.py"))
    return folder


@pytest.fixture
def kept(toy_book, package):
    """Return the two notebooks of the toy book, both with a copy made from today's sources."""
    pages = catalogue.notebooks()
    for page in pages:
        cache.keep(page, notebook(), cache.key(page))
    return pages


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(path.read_text() + "\n" if path.exists() else "new\n")


def stale(pages) -> list[str]:
    return [page.name for page in pages if cache.fresh(page) is None]


def test_a_copy_made_from_todays_sources_is_fresh(kept):
    assert stale(kept) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chapters/paper/1-toy.ipynb", ["paper/1-toy"]),
        ("chapters/page.ipynb", ["page"]),
        ("data/papers/hochreiter1997.yml", ["paper/1-toy", "page"]),
        ("data/runs/hochreiter1997/adding.jsonl", ["paper/1-toy", "page"]),
        ("data/runs/hochreiter1997/adding/0.npz", ["paper/1-toy", "page"]),
        ("data/papers/other1999.yml", ["page"]),
        ("data/runs/other1999/more.jsonl", ["page"]),
        ("requirements.lock", ["paper/1-toy", "page"]),
        ("data/runs/hochreiter1997/adding.jsonl.lock", []),
        ("chapters/index.md", []),
        ("_build/runs/hochreiter1997/adding.jsonl", []),
    ],
)
def test_touching_a_file_makes_the_pages_stale_that_read_it(toy_book, kept, path, expected):
    touch(toy_book / path)
    assert stale(kept) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("__init__.py", 2),
        ("engine/net.c", 2),
        ("engine/walk.inc", 2),
        ("new.py", 2),
        ("engine/lib/engine.so", 0),
    ],
)
def test_touching_the_package_makes_every_page_stale(package, kept, path, expected):
    touch(package / path)
    assert len(stale(kept)) == expected


def test_renaming_a_source_makes_every_page_stale(package, kept):
    (package / "engine/net.c").rename(package / "engine/other.c")
    assert len(stale(kept)) == 2


def test_another_python_makes_every_page_stale(kept, monkeypatch):
    monkeypatch.setattr(sys, "version", "3.99.0")
    assert len(stale(kept)) == 2


def test_a_copy_that_is_gone_is_stale(kept):
    cache.executed_path(kept[0]).unlink()
    assert stale(kept) == ["paper/1-toy"]
