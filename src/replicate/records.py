"""Records on disk: one JSON line a trial, which no kill, crash or twin process spoils."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count, takewhile
from json import loads
from pathlib import Path
from typing import IO

from replicate import locks
from replicate.errors import ReplicateError
from replicate.experiments import experiment
from replicate.record import (
    Record,
    differences,
    identity,
    line,
    outcome,
    record,
    verify,
    weights,
)
from replicate.root import root
from replicate.settings import Setting

__all__ = [
    "Record", "append", "differences", "holds", "identity", "load", "merge_files", "outcome",
    "overlay_path", "read", "record", "recorded_path", "verify", "weights", "writable",
]  # fmt: skip


def recorded_path(name: str) -> Path:
    """Return where the published trials of an experiment lie."""
    return root() / "data" / "runs" / f"{name}.jsonl"


def overlay_path(name: str) -> Path:
    """Return where trials computed for a reader lie."""
    return root() / "_build" / "runs" / f"{name}.jsonl"


def read(path: Path) -> list[Record]:
    """Return the records of a file in the order written; [] if there is no file.

    An unterminated last line is another process's, or a dead one's, and not read. Raises
    ``ReplicateError`` for any other line that is no record.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ReplicateError(f"cannot read {path}: {error.strerror}") from error
    return [_parsed(line, f"{path}:{i}") for i, line in enumerate(lines, start=1)]


def _parsed(line: bytes, place: str) -> Record:
    try:
        found = loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not {"identity", "seed", "outcome"} <= found.keys():
        raise ReplicateError(f"{place} is not a record: mend or remove this line")
    return found


def holds(path: Path, identity: str) -> bool:
    """Return whether a file holds the record of a trial."""
    return path.is_file() and _place(path.read_bytes(), identity) >= 0


def _place(text: bytes, identity: str) -> int:
    return text.find(b'"identity":"%b"' % identity.encode(), 0, text.rfind(b"\n") + 1)


def append(path: Path, record: Record) -> bool:
    """Add a record to a file; False if an equal one is there already.

    The file is locked meanwhile, an unterminated last line is cut, the line is written at once
    and forced to disk. Raises ``ReplicateError`` if the file holds another outcome of this
    trial, or cannot be written; it is then as it was before.
    """
    with _locked(path) as file:
        text = file.read()
        end = text.rfind(b"\n") + 1
        at = _place(text, record["identity"])
        if at >= 0:
            there = text[text.rfind(b"\n", 0, at) + 1 : text.index(b"\n", at)]
            _same(_parsed(there, str(path)), record, str(path), "this run")
            return False
        try:
            file.truncate(end)
            rest = line(record) + b"\n"
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
        return True


def writable(path: Path) -> None:
    """Raise ``ReplicateError`` if no record can be appended to a file there."""
    with _locked(path):
        pass


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            locks.exclude(file)
            file.seek(0)
            yield file
    except OSError as error:
        raise ReplicateError(
            f"cannot write {path}: {error.strerror}; what was recorded before is intact"
        ) from error


def _same(one: Record, other: Record, here: str, there: str) -> None:
    found = differences(one, other)
    if found:
        raise ReplicateError(
            f"two outcomes of one trial: {one['experiment']} seed {one['seed']}, identity "
            f"{one['identity']}, in {here} and in {there}; they differ in {', '.join(found)}"
        )


def load(
    setting: Setting,
    *,
    recorded: bool = True,
    overlay: bool = True,
    backend: str | None = None,
    device: str = "cpu",
) -> dict[int, Record]:
    """Return the records of this setting and version by seed; published ones come first."""
    key = (backend or setting.backends[0], device)
    files = [overlay_path(setting.experiment)] * overlay
    files += [recorded_path(setting.experiment)] * recorded
    held = [r for path in files for r in _remembered(path)]
    mine = {identity(setting, seed, *key) for seed in {r["seed"] for r in held}}
    return {r["seed"]: r for r in held if r["identity"] in mine}


def _remembered(path: Path) -> list[Record]:
    """Return ``read(path)``, read again only when the file has changed."""
    try:
        now = path.stat()
    except OSError:
        return read(path)
    return _read_once(path, now.st_mtime_ns, now.st_size, now.st_ino)


@lru_cache(maxsize=32)
def _read_once(path: Path, *_: int) -> list[Record]:
    return read(path)


def published(setting: Setting) -> list[Record]:
    """Return the trials in ``data/runs`` that count: seeds 0, 1, 2, … without a gap."""
    found = load(setting, overlay=False)
    return [found[seed] for seed in takewhile(found.__contains__, count())]


def merge_files(sources: Sequence[Path], folder: Path | None = None) -> tuple[int, int]:
    """Add the records of files to those of their experiments below a folder (``data/runs``).

    Return how many were added and how many were there already. Raises ``ReplicateError``, and
    adds nothing, if a record is spoilt or of no known experiment, or if two outcomes of one
    trial are among them.
    """
    folder = folder or root() / "data" / "runs"
    for path in sources:
        if not path.is_file():
            raise ReplicateError(f"no file {path} to merge")
    seen: dict[str, tuple[Record, str]] = {}
    incoming = [(r, place) for path in sources for r, place in _placed(path)]
    targets = {folder / f"{experiment(r['experiment']).experiment}.jsonl" for r, _ in incoming}
    for r, place in [item for path in sorted(targets) for item in _placed(path)] + incoming:
        first, where = seen.setdefault(r["identity"], (r, place))
        _same(first, r, where, place)
    added = [append(folder / f"{r['experiment']}.jsonl", r) for r, _ in incoming]
    return sum(added), len(added) - sum(added)


def _placed(path: Path) -> Iterator[tuple[Record, str]]:
    """Yield each record of a file, verified, with its place."""
    for i, r in enumerate(read(path), start=1):
        place = f"{path}:{i}"
        try:
            verify(r)
        except ReplicateError as error:
            raise ReplicateError(f"{place}: {error}") from None
        yield r, place
