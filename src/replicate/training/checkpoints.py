"""Checkpoints: one file that is always whole, whenever a process is killed.

The file is written beside its place, forced to disk and then renamed; a disk that is full or a
folder that may not be written is said, and the last good checkpoint stays.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from replicate import locks
from replicate.errors import ReplicateError

NAME = "checkpoint.pt"
TRAINED = "trained.pt"
"""What the last checkpoint is called once the trial's outcome is known."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have a folder for this process's checkpoints alone.

    Raises ``ReplicateError`` if another process has it, or nothing can be written into it.
    """
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((folder / "lock").open("ab"))
            if not locks.free(lock):
                raise ReplicateError(
                    f"another process trains in {folder}: wait for it, or stop it; this "
                    "command then goes on from its checkpoint"
                )
            _beside(folder).touch()
            _beside(folder).unlink()
        except OSError as error:
            raise ReplicateError(f"cannot write checkpoints into {folder}: {error}") from error
        yield


def _beside(folder: Path) -> Path:
    """Return where a checkpoint is written before it takes its place."""
    return folder / f".{NAME}"


def save(folder: Path, content: Mapping[str, Any]) -> None:
    """Replace the checkpoint of a folder, at once or not at all.

    ``content``: tensors, numbers, texts, lists and dictionaries.
    """
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    path, beside = folder / NAME, _beside(folder)
    try:
        try:
            with beside.open("wb", buffering=0) as file:
                left = buffer.getbuffer()
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _settle(folder)
    except OSError as error:
        kept = "the last one is intact" if path.exists() else "there is none yet"
        raise ReplicateError(
            f"cannot write the checkpoint {path}: {error.strerror}; {kept}, and the same "
            "command goes on from it"
        ) from error


def _settle(folder: Path) -> None:
    """Force a folder's names to disk, where a folder can be opened."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def put_away(folder: Path) -> None:
    """Keep the checkpoint of a trial that is over, if it is there: the trial would begin anew.

    One that was cut off stays where it is.
    """
    held = load(folder)
    if held and held["position"]["ended"]:
        os.replace(folder / NAME, folder / TRAINED)


def load(folder: Path, name: str = NAME) -> dict[str, Any] | None:
    """Return the checkpoint of a folder, or None; ``ReplicateError`` if it cannot be read."""
    path = folder / name
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ReplicateError(
            f"cannot read the checkpoint {path}: {error}; remove it to begin anew"
        ) from error
    return found


def same_trial(folder: Path, held: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    """Raise ``ReplicateError`` if a checkpoint's trial is not mine, and say in what it differs.

    Both are plain values by name: those of the setting, the seed, the version.
    """
    names = sorted({*held, *mine})
    other = [
        f"{n} = {held.get(n)!r}, not {mine.get(n)!r}"
        for n in names
        if held.get(n) != mine.get(n)
    ]
    if other:
        raise ReplicateError(
            f"{folder / NAME} is of another trial: {'; '.join(other)}; "
            "name another folder or remove it"
        )
