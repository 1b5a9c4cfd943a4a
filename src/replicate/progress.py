"""How far a run is, on standard error: a living line on a terminal, else a line a minute."""

import sys
import time
from types import TracebackType
from typing import Self

from replicate.outcome import STATUSES

SILENCE = 60.0
"""Seconds between lines where there is no terminal."""
PAUSE = 0.2
"""Seconds between looks at trials that another process computes."""


class Progress:
    """Shows the trials of a run as they end."""

    def __init__(self, title: str, total: int, shown: bool = True) -> None:
        self._title, self._total, self._shown = title, total, shown
        self._counts = dict.fromkeys(STATUSES, 0)
        self._began = time.monotonic()
        self._next = self._began + SILENCE
        self._living = shown and sys.stderr.isatty()
        self._waits = False

    def __enter__(self) -> Self:
        self._say(self._title)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        words = [f"{n} {status}" for status, n in self._counts.items() if n]
        took = duration(time.monotonic() - self._began)
        self._say(f"{', '.join(words) or 'none computed'}, in {took}")
        if kind and sum(self._counts.values()) < self._total:
            self._say(
                "stopped; what is recorded is kept, and the same command goes on from there"
            )

    def ended(self, status: str) -> None:
        """Count one more trial, and show it."""
        self._counts[status] += 1
        now = time.monotonic()
        if self._living:
            print(f"\r\033[K{self._line(now)}", end="", file=sys.stderr, flush=True)
        elif now >= self._next:
            self._next = now + SILENCE
            self._say(self._line(now))

    def elsewhere(self, trials: int) -> None:
        """Say once that another process computes the rest, and pause."""
        if trials:
            if not self._waits:
                self._say(f"another process computes {trials} of these trials: waiting for it")
            self._waits = True
            time.sleep(PAUSE)

    def _say(self, text: str) -> None:
        if self._shown:
            print(f"\r\033[K{text}" if self._living else text, file=sys.stderr, flush=True)

    def _line(self, now: float) -> str:
        done = sum(self._counts.values())
        each = (now - self._began) / done
        words = [f"{n} {status}" for status, n in self._counts.items() if n]
        left = duration((self._total - done) * each)
        return f"{done} of {self._total} trials: {', '.join(words)}; {left} left"


def duration(seconds: float) -> str:
    """Return a time in the units that matter, as ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
