"""Other processes, which tests start and wait for."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager


def until(condition):
    """Wait for something that must come soon."""
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.01)


@contextmanager
def started(command, **how):
    """Start a process, which is dead at the end."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, *command], env=env, text=True, **how) as process:
        try:
            yield process
        finally:
            process.kill()
