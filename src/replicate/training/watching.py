"""How far a long training is: on standard error, and for TensorBoard where it is installed."""

import math
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from replicate.errors import ReplicateError
from replicate.progress import SILENCE, duration
from replicate.training.schedule import Position


class Watching:
    """Shows a training: a living line on a terminal, else a line a minute."""

    def __init__(self, title: str, shown: bool = True, logs: Path | None = None) -> None:
        self._title, self._shown = title, shown
        self._writer = _tensorboard(logs) if logs else None
        self._living = shown and sys.stderr.isatty()
        self._began = self._said = time.monotonic()
        self._words = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._living:
            print(file=sys.stderr, flush=True)
        if self._writer:
            self._writer.close()

    def step(self, at: Position, n_batches: int, words: int) -> None:
        """Show that another batch is over, with so many words."""
        self._words += words
        if not self._shown or not self._due(0.2):
            return
        speed = self._words / (time.monotonic() - self._began)
        share = at.batch / n_batches
        left = duration(at.words / max(share, 1e-9) * (1 - share) / max(speed, 1e-9))
        self._say(
            f"epoch {at.epoch + 1}, {share:.0%}: perplexity {_perplexity(at.nats, at.words)}, "
            f"{speed:,.0f} words/s; the epoch has {left} left"
        )

    def epoch(self, at: Position) -> None:
        """Show that an epoch is over."""
        words, train, valid = at.history[-1]
        if self._writer:
            scalars = {"perplexity/train": train, "perplexity/valid": valid, "rate": at.rate}
            for name, value in scalars.items():
                self._writer.add_scalar(name, value, int(words))
        if self._shown and self._due(0.0):
            self._say(
                f"epoch {at.epoch} over: perplexity {train:.5g} in training, {valid:.5g} in "
                f"validation; learning rate {at.rate:.3g}"
            )

    def _due(self, pause: float) -> bool:
        return time.monotonic() - self._said >= (pause if self._living else SILENCE)

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        line = f"{self._title}: {text}"
        print(f"\r\033[K{line}" if self._living else line, end="" if self._living else "\n",
              file=sys.stderr, flush=True)  # fmt: skip


def _perplexity(nats: float, words: int) -> str:
    return f"{math.exp(min(nats / max(words, 1), 700.0)):.5g}"


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ReplicateError(
            "TensorBoard is not installed: pip install tensorboard, or train without its logs"
        ) from None
    return SummaryWriter(str(folder))
