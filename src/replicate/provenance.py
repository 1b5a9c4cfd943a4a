"""Which code made a record, and when: nothing of it names a person, a host or a path."""

import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from replicate import __version__
from replicate.errors import ReplicateError
from replicate.root import root


def provenance(backend: str) -> dict[str, Any]:
    """Return date, commit, whether ``src`` differs from it, and the versions that matter."""
    commit, dirty = checkout()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit,
        "dirty": dirty,
        "versions": versions(backend),
    }


@cache
def checkout() -> tuple[str | None, bool | None]:
    """Return git's commit and whether ``src`` differs from it; (None, None) without git."""
    command = [
        "git",
        "--no-optional-locks",
        "status",
        "--porcelain=v2",
        "--branch",
        "--",
        "src",
    ]
    try:
        done = subprocess.run(command, cwd=root(), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError, ReplicateError):
        return None, None
    head, *rest = done.stdout.splitlines()
    commit = head.removeprefix("# branch.oid ")
    if commit == "(initial)":
        return None, None
    return commit, any(not line.startswith("#") for line in rest)


@cache
def versions(backend: str) -> dict[str, str]:
    """Return the versions of Python, this package, NumPy and, if it computes, torch."""
    found = {"python": platform.python_version(), "replicate": __version__}
    packages = ["numpy", "torch"] if backend == "torch" else ["numpy"]
    return found | {name: version(name) for name in packages}
