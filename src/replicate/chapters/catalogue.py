"""Which notebooks the book has: the pages of ``_toc.yml``, in its order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from replicate.errors import ReplicateError
from replicate.root import root

FOLDER = "chapters"


@dataclass(frozen=True)
class Chapter:
    """A notebook of the book; its name is its path under ``chapters/`` without the suffix."""

    name: str
    path: Path

    def content(self) -> dict[str, Any]:
        """Return the notebook as stored; raises ``ReplicateError`` when it is not one."""
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ReplicateError(f"{self.path} is not a notebook: {error}") from error

    @property
    def title(self) -> str:
        """The text of the first heading, else the name."""
        for cell in self.content()["cells"]:
            for line in "".join(cell["source"]).splitlines():
                if cell["cell_type"] == "markdown" and line.startswith("# "):
                    return line[2:].strip()
        return self.name

    @property
    def experiments(self) -> list[str] | None:
        """Experiments that the metadata names, that of the parameters first; None: all."""
        named = self.content()["metadata"].get("replicate", {}).get("experiments")
        return None if named is None else list(named)

    @property
    def setting(self) -> str | None:
        """What checks the parameters of a chapter without trials, as ``module:class``."""
        named = self.content()["metadata"].get("replicate", {}).get("setting")
        return None if named is None else str(named)

    @property
    def rerunnable(self) -> bool:
        """Whether it stands in a folder of its paper, and so has parameters."""
        return "/" in self.name


def pages() -> list[str]:
    """Return every page of the table of contents, as ``chapters/index``, in its order."""
    table = yaml.safe_load((root() / "_toc.yml").read_text(encoding="utf-8"))
    return list(_pages(table))


def notebooks() -> list[Chapter]:
    """Return every notebook of the book; raises ``ReplicateError`` where a page is missing."""
    base = root()
    found = []
    for page in pages():
        path = base / page
        if path.with_name(path.name + ".ipynb").is_file():
            name = path.relative_to(base / FOLDER).as_posix()
            found.append(Chapter(name, path.with_name(path.name + ".ipynb")))
        elif not path.with_name(path.name + ".md").is_file():
            raise ReplicateError(f"_toc.yml names {page}, but there is no such .ipynb or .md")
    return found


def chapters() -> list[Chapter]:
    """Return the notebooks that can be rerun."""
    return [notebook for notebook in notebooks() if notebook.rerunnable]


def find(name: str) -> Chapter:
    """Return the chapter of this name, or of this path; suggests the nearest otherwise."""
    known = {chapter.name: chapter for chapter in chapters()}
    wanted = name.removeprefix(f"{FOLDER}/").removesuffix(".ipynb")
    if wanted in known:
        return known[wanted]
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ReplicateError(
            f"{name} is outside {FOLDER}/: `replicate list` shows what there is"
        )
    near = [n for n in known if wanted and wanted in n] or get_close_matches(wanted, known)
    hint = f"did you mean {' or '.join(near)}?" if near else "`replicate list` shows them"
    raise ReplicateError(f"no chapter {name!r}: {hint}")


def _pages(entry: Any) -> Iterator[str]:
    """Yield the pages of a table of contents, depth first."""
    if isinstance(entry, list):
        for item in entry:
            yield from _pages(item)
    elif isinstance(entry, dict):
        yield from (str(entry[key]) for key in ("root", "file") if key in entry)
        for key in ("parts", "chapters", "sections", "subtrees", "entries"):
            yield from _pages(entry.get(key))
