"""Files brought from elsewhere: they go on where they were cut off, and are what was asked for.

What has come lies beside the file as ``NAME.part`` until its size and its SHA-256 are right, so
that nothing wrong ever has the good name.
"""

import hashlib
import os
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from replicate import locks
from replicate.errors import ReplicateError

CHUNK = 1 << 16
SILENCE = 60.0
"""Seconds after which a server that says nothing is given up."""


def download(address: str, path: Path, size: int, sha256: str) -> None:
    """Bring the file of this size and SHA-256; return at once if it is there.

    Raises ``ReplicateError`` if it cannot be had, written, or is another file. After an
    interruption, of the network or by a full disk, the same call goes on from there.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.lock").open("ab") as lock:
            locks.exclude(lock)
            if path.exists():
                return
            _fetch(address, part, size)
            _check(part, size, sha256, address)
            part.replace(path)
    except OSError as error:
        raise ReplicateError(
            f"cannot write {error.filename or part}: {error.strerror}; mend that, and the same "
            "command goes on from where it was"
        ) from error


def verify(content: bytes, sha256: str, name: str) -> None:
    """Raise ``ReplicateError`` if this is not the content with this SHA-256."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ReplicateError(
            f"{name} is another text: its SHA-256 is {found}, and {sha256} was expected"
        )


def _fetch(address: str, part: Path, size: int) -> None:
    """Add to the part what it lacks; of a longer file, one byte more than expected."""
    have = part.stat().st_size if part.exists() else 0
    if have >= size:
        return
    request = Request(address, headers={"Range": f"bytes={have}-"} if have else {})
    with _opened(request, part) as answer:
        goes_on = have > 0 and answer.status == 206
        have = have if goes_on else 0
        with part.open("ab" if goes_on else "wb", buffering=0) as file:
            while have <= size and (chunk := _read(answer, min(CHUNK, size + 1 - have))):
                have += len(chunk)
                while chunk:
                    chunk = chunk[file.write(chunk) :]
            os.fsync(file.fileno())
    if have < size:
        raise ReplicateError(
            f"{address} broke off after {have:,} of {size:,} bytes: the same command goes on "
            "from there"
        )


def _opened(request: Request, part: Path) -> HTTPResponse:
    try:
        return urlopen(request, timeout=SILENCE)
    except HTTPError as error:
        error.close()
        if error.code == 416:  # the file ends before what we have of it
            part.unlink()
        raise ReplicateError(f"{request.full_url} says {error.code} {error.reason}") from None
    except (OSError, HTTPException) as error:
        why = getattr(error, "reason", error)
        raise ReplicateError(f"cannot reach {request.full_url}: {why}") from error


def _read(answer: HTTPResponse, count: int) -> bytes:
    """Return what comes next; nothing at the end, and nothing when the network fails."""
    try:
        return answer.read(count)
    except (OSError, HTTPException):
        return b""


def _check(part: Path, size: int, sha256: str, address: str) -> None:
    try:
        content = part.read_bytes()
        if len(content) > size:
            raise ReplicateError(f"{address} is another text: longer than {size:,} bytes")
        verify(content, sha256, address)
    except ReplicateError:
        part.unlink()
        raise
