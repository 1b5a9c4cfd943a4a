"""Two processes run the same trials and are killed: nothing is lost, torn or recorded twice.

All 50 moments of the kill: ``pytest tests/test_crash.py -m "slow or not slow"``.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

from replicate import records
from replicate.record import line
from replicate.tasks.adding import Adding
from replicate.trials import run

TRIALS = 64
SETTING = Adding(T=20, tolerance=0.3, mean_below=0.15, streak=50, cap=10_000, n_test=64)
PROGRAM = f"""
import sys; from pathlib import Path
from replicate.tasks.adding import Adding; from replicate.trials import run
run({SETTING!r}, range({TRIALS}), path=Path(sys.argv[1]), threads=1)
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "adding.jsonl"
    return run(SETTING, range(TRIALS), path=path, progress=False)


def begin(path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PROGRAM, str(path)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def recorded(path):
    """Return how many whole lines a file has, without reading them."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def compare(path, undisturbed):
    """Check that a file holds the records of an undisturbed run, each once and whole."""
    found = {r["seed"]: r for r in records.read(path)}
    assert sorted(found) == list(range(TRIALS))
    assert path.read_bytes().count(b"\n") == TRIALS
    assert path.read_bytes() == b"".join(line(r) + b"\n" for r in records.read(path))
    for expected in undisturbed:
        assert not records.differences(found[expected["seed"]], expected)


def test_two_processes_share_the_trials(tmp_path, undisturbed):
    path = tmp_path / "adding.jsonl"
    computed = []
    for process in [begin(path), begin(path)]:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
        counts = re.findall(r"(\d+) (?:solved|capped)", said.splitlines()[-1])
        computed += [int(count) for count in counts]
    assert sum(computed) == TRIALS
    compare(path, undisturbed)


MOMENTS = [*range(5), *(pytest.param(i, marks=pytest.mark.slow) for i in range(5, 50))]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_processes_are_resumed(tmp_path, undisturbed, moment):
    """Kill one or both as soon as some number of trials is recorded; begin anew."""
    random_ = random.Random(moment)
    path = tmp_path / "adding.jsonl"
    processes = [begin(path), begin(path)]
    enough, pause = random_.randrange(TRIALS), random_.uniform(0, 0.05)
    while recorded(path) < enough and processes[0].poll() is None:
        time.sleep(0.002)
    time.sleep(pause)
    killed = random_.choice([processes, processes[:1]])
    for process in killed:
        process.send_signal(signal.SIGKILL)
    for process in killed:
        process.communicate(timeout=60)
    left = recorded(path)
    assert left >= enough or processes[0].returncode == 0
    before = path.read_bytes() if path.exists() and len(killed) == 2 else b""
    processes = [p for p in processes if p not in killed] + [begin(path) for _ in killed]
    for process in processes:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert path.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    compare(path, undisturbed)
