"""Executed notebooks, kept until anything that they depend on has changed."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

import replicate
from replicate.chapters.catalogue import FOLDER, Chapter
from replicate.root import root

SOURCES = (".py", ".c", ".h", ".inc")


def executed_path(chapter: Chapter) -> Path:
    """Return where the executed copy of a notebook lies."""
    return root() / "_build" / FOLDER / f"{chapter.name}.ipynb"


def key(chapter: Chapter) -> str:
    """Return the hash of notebook, package, claims, records, lock and Python version."""
    base, package = root(), Path(replicate.__file__).parent
    files = [chapter.path, base / "requirements.lock", *_data(chapter)]
    return digest(
        [(path.relative_to(base).as_posix(), path) for path in files if path.is_file()]
        + [(path.relative_to(package).as_posix(), path) for path in _package(package)],
        start=sys.version,
    )


def digest(files: list[tuple[str, Path]], start: str = "") -> str:
    """Return the hash of named files, independent of their order."""
    total = hashlib.sha256(start.encode())
    for name, path in sorted(files):
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def fresh(chapter: Chapter) -> Any | None:
    """Return the executed copy when it is of today's sources, else None."""
    path = executed_path(chapter)
    if not path.is_file():
        return None
    notebook = nbformat.read(path, as_version=4)
    known = notebook.metadata.get("replicate", {}).get("key")
    return notebook if known == key(chapter) else None


def keep(chapter: Chapter, notebook: Any, made_from: str) -> None:
    """Store an executed copy together with the key of what it was made from."""
    notebook.metadata.setdefault("replicate", {})["key"] = made_from
    path = executed_path(chapter)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    nbformat.write(notebook, partial)
    partial.replace(path)


def _package(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SOURCES)


def _data(chapter: Chapter) -> Iterator[Path]:
    """Yield the claims and records of the chapter's experiments, all when it names none."""
    data = root() / "data"
    if chapter.experiments is None:
        yield from (path for path in data.glob("papers/**/*.yml"))
        yield from (path for path in data.glob("runs/**/*") if path.suffix != ".lock")
        return
    for experiment in chapter.experiments:
        paper, name = experiment.split("/")
        yield data / "papers" / f"{paper}.yml"
        yield from data.glob(f"papers/{paper}/*-{name}.yml")
        yield data / "runs" / f"{experiment}.jsonl"
        yield from data.glob(f"runs/{experiment}/**/*")
