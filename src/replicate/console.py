"""What commands share: an option, and how they print."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from replicate.errors import ReplicateError

PAIRS = click.option(
    "-p", "pairs", multiple=True, metavar="NAME=VALUE", help="Set a parameter; may be repeated."
)


def pairs_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return NAME=VALUE texts as a dictionary; no name may come twice."""
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise ReplicateError(f"-p {pair}: give NAME=VALUE")
        if name.strip() in given:
            raise ReplicateError(f"-p {pair}: {name.strip()} is given twice")
        given[name.strip()] = value.strip()
    return given


def short(path: Path) -> Path:
    """Return a path as seen from the working directory where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows in aligned columns."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())
