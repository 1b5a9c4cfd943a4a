"""Print the most memory, in MB, that 100 trials of the adding problem at T = 1000 take."""

import os
import resource
import sys
import tempfile
from pathlib import Path

from replicate import trials
from replicate.tasks.adding import Adding


def peak() -> float:
    """Return the most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the parent held before this began
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1000
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    setting = Adding(T=1000, cap=120, n_test=64)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "adding.jsonl")
        trials.run(setting, range(100), path=path, threads=os.cpu_count(), progress=False)
    if "torch" in sys.modules:
        sys.exit("the engine's trials imported torch")
    print(f"{peak():.0f}")
