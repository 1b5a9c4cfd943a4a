"""Locks between processes, which the kernel lets go when a process dies.

Where the system has no ``fcntl``, nothing is locked: trials may be computed twice, and the
check at the time of appending alone keeps them from being recorded twice.
"""

import errno
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from replicate.errors import ReplicateError

if sys.platform != "win32":
    import fcntl


def exclude(file: IO[bytes]) -> None:
    """Wait until no other process or thread has this file locked; closing it lets go."""
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX)


def free(file: IO[bytes]) -> bool:
    """Lock a file as ``exclude`` does; False at once if another has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


class Claims:
    """The trials that this process computes, so that other processes leave them alone.

    A trial is one byte of a lock file, at an offset made from its identity; nothing is ever
    written there. Claims are a process's own: two runs in one process share them. Raises
    ``ReplicateError`` if the lock file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise ReplicateError(f"cannot write {path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def take(self, identity: str) -> bool:
        """Claim a trial; False if another process has claimed it."""
        if sys.platform != "win32":
            try:
                self._lock(fcntl.LOCK_EX | fcntl.LOCK_NB, identity)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN):
                    return False
                if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
                    raise
        return True

    def release(self, identity: str) -> None:
        """Let go of a trial."""
        if sys.platform != "win32":
            self._lock(fcntl.LOCK_UN, identity)

    def _lock(self, how: int, identity: str) -> None:
        fcntl.lockf(self._file, how, 1, int(identity, 16) >> 1)
