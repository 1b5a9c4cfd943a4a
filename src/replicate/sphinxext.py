"""What the book adds to Sphinx: it takes executed chapters only, and lists papers plainly."""

from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator


def check(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Stop with one line, not a traceback, when a notebook with code has no output at all."""
    for path in (Path(env.doc2path(name)) for name in names):
        if path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            code = [cell for cell in cells if cell.cell_type == "code"]
            if code and not any(cell.outputs for cell in code):
                raise SystemExit(f"{path.name} has no results: run `make book` instead")


def visit_citation(writer: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry without docutils' roles, which axe calls a list with forbidden children."""
    writer.body.append(writer.starttag(node, "div", CLASS="citation"))


def depart_citation(writer: HTML5Translator, node: nodes.citation) -> None:
    """Close the entry."""
    writer.body.append("</div>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both with Sphinx."""
    app.connect("env-before-read-docs", check)
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
