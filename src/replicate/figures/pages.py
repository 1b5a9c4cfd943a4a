"""What a page shows besides text: pictures with the numbers behind them, tables, equations."""

import base64
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

from matplotlib.figure import Figure

from replicate.errors import ReplicateError
from replicate.figures.look import svg

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
"""Heads and rows; the first cell of a row is its head."""


def show(figure: Figure, *, alt: str, table: Table, caption: str = "") -> None:
    """Display a picture, what it shows in words, and the numbers behind it."""
    from IPython.display import HTML, display

    display(HTML(picture(figure, alt=alt, behind=table, caption=caption)))


def picture(figure: Figure, *, alt: str, behind: Table, caption: str = "") -> str:
    """Return a figure as HTML.

    It is an image and not part of the page, so that equal names in two pictures do not meet.
    """
    source = base64.b64encode(svg(figure).encode()).decode()
    said = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="chart"><img class="dark-light" alt="{escape(alt)}" '
        f'src="data:image/svg+xml;base64,{source}">{said}'
        f"<details><summary>The numbers behind this picture</summary>{table(*behind)}</details>"
        "</figure>"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> str:
    """Return a table as HTML; a row of one cell is a heading of those below it.

    A cell that has ``_repr_html_`` is HTML already. The theme's box for tables is around it,
    which the keyboard reaches where it scrolls.
    """
    top = "".join(f'<th scope="col">{_cell(head)}</th>' for head in heads)
    said = f"<caption>{_cell(caption)}</caption>" if caption else ""
    body = "".join(_row(row, len(heads)) for row in rows)
    head = f"{said}<thead><tr>{top}</tr></thead>"
    whole = f'<table class="numbers">{head}<tbody>{body}</tbody></table>'
    return f'<div class="pst-scrollable-table-container">{whole}</div>'


def _row(row: Sequence[object], width: int) -> str:
    first, *rest = map(_cell, row)
    if not rest:
        return f'<tr><th scope="rowgroup" colspan="{width}">{first}</th></tr>'
    cells = "".join(f"<td>{cell}</td>" for cell in rest)
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def _cell(value: object) -> str:
    html = getattr(value, "_repr_html_", None)
    return html() if html else escape(str(value))


def equations(function: Callable[..., object], lines: Mapping[str, Sequence[str]]) -> str:
    r"""Return equations (TeX) beside the lines of a function that compute them, as HTML.

    ``lines`` gives for each equation how its lines of code begin. Raises ``ReplicateError`` if
    the function has no such line: the page must not show what the code does not do.
    """
    source = [line.strip() for line in inspect.getsource(function).splitlines()]
    rows = []
    for tex, beginnings in lines.items():
        found = [line for start in beginnings for line in source if line.startswith(start)]
        if len(found) != len(beginnings):
            raise ReplicateError(
                f"{function.__name__} has no lines {', '.join(beginnings)}: mend the page"
            )
        code = "<br>".join(f"<code>{escape(line)}</code>" for line in found)
        equation = f'<span class="math">\\({escape(tex)}\\)</span>'
        rows.append(f"<tr><td>{equation}</td><td>{code}</td></tr>")
    return f'<table class="equations"><tbody>{"".join(rows)}</tbody></table>'
