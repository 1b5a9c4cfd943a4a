"""Where the project lies: ``REPLICATE_ROOT``, else upward of here, else the source tree."""

import os
from pathlib import Path

from replicate.errors import ReplicateError

MARK = "_config.yml"


def root(start: Path | None = None) -> Path:
    """Return the project's root folder.

    It is ``REPLICATE_ROOT``, else the nearest folder upward of ``start`` (default: the working
    directory) that holds ``_config.yml``, else the checkout that this package is installed from
    as editable, so that a notebook's kernel may run anywhere. Raises ``ReplicateError`` when
    there is none.
    """
    named = os.environ.get("REPLICATE_ROOT")
    if named:
        if (Path(named) / MARK).is_file():
            return Path(named).resolve()
        raise ReplicateError(f"REPLICATE_ROOT={named} holds no {MARK}; point it at the project")
    here = (start or Path.cwd()).resolve()
    checkout = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, checkout):
        if (folder / MARK).is_file():
            return folder
    raise ReplicateError(
        f"no {MARK} in {here} or above: go into the project's folder or set REPLICATE_ROOT"
    )
