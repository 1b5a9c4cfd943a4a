"""One executed notebook as one self-contained HTML page that asks no host for anything."""

import copy
import re
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Glued = Mapping[str, Mapping[str, str]]

TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}
<script>MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}}</script>
<script>{{ resources.mathjax }}</script>
{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""
ROLE = re.compile(r"\{(?P<role>[\w:]+)\}`(?P<text>[^`]+)`")
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
DIRECTIVE = re.compile(
    r"^(?P<fence>[`:]{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)\n"
    r"(?P<options>(?::[\w-]+:.*\n)*)(?P<body>(?:.*\n)*?)(?P=fence)[ \t]*$",
    re.MULTILINE,
)


def html(notebook: Any, title: str) -> str:
    """Return the page of a notebook: pictures and mathematics inside, MyST made plain."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        template_file="page.html.j2",
        embed_images=True,
        extra_loaders=[DictLoader({"page.html.j2": TEMPLATE})],
        config=Config(
            TagRemovePreprocessor={
                "enabled": True,
                "remove_cell_tags": {"remove-cell"},
                "remove_input_tags": {"remove-input", "hide-input"},
                "remove_all_outputs_tags": {"remove-output"},
            }
        ),
    )
    resources = {"mathjax": _mathjax(), "metadata": {"name": title}}
    page, _ = exporter.from_notebook_node(_plain(notebook), resources=resources)
    return str(page)


def _plain(notebook: Any) -> Any:
    """Return a copy whose Markdown has no MyST roles and directives."""
    plain, glued = copy.deepcopy(notebook), _glued(notebook)
    for cell in plain.cells:
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not _glue(o).get("mime_prefix")]
        if cell.cell_type == "markdown":
            text = DIRECTIVE.sub(partial(_directive, glued), TARGET.sub("", cell.source))
            cell.source = ROLE.sub(partial(_role, glued), text)
    return plain


def _glue(output: Mapping[str, Any]) -> dict[str, str]:
    """Return how an output was glued; the prefix says that it is not shown in its place."""
    return dict(output.get("metadata", {}).get("scrapbook", {}))


def _glued(notebook: Any) -> dict[str, dict[str, str]]:
    """Return everything that the notebook glued: by name, then by kind, such as ``html``."""
    return {
        _glue(output)["name"]: {
            mime.split("/")[-1]: data for mime, data in output["data"].items()
        }
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if _glue(output)
    }


def _role(glued: Glued, match: re.Match[str]) -> str:
    """Return what a role shows: a glued value, formatted, or its text without the target."""
    text = match["text"]
    if match["role"] != "glue:text":
        return f"${text}$" if match["role"] == "math" else text.split(" <")[0]
    name, _, form = text.rpartition("::")[2].partition(":")
    value = glued.get(name, {}).get("plain", name).strip("'\"")
    return format(float(value), form) if form else value


def _directive(glued: Glued, match: re.Match[str]) -> str:
    """Return what a directive shows: a glued output, mathematics, else a quotation."""
    name, title, body = match["name"], match["title"].strip(), match["body"].strip()
    if name.partition(":")[0] == "glue":
        shown = glued.get(title, {})
        whole = shown.get("html", shown.get("plain", title))
        return "\n".join(line for line in whole.splitlines() if line.strip())
    if name == "math":
        return f"$$\n{body}\n$$"
    lines = [f"**{title}**", ""] * bool(title) + body.splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _mathjax() -> str:
    """Return MathJax with its glyphs as one script, from the package that the book uses."""
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or not spec.submodule_search_locations:
        return ""
    folder = Path(spec.submodule_search_locations[0])
    return (folder / "static/mathjax/tex-svg-full.js").read_text(encoding="utf-8")
