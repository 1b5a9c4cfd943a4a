"""When the learning rate falls and training ends, by the loss on the validation text."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Schedule:
    """The rate falls where an epoch does not improve enough; see ``tasks.language_model``."""

    decay: float = 0.5
    improves_by: float = 1.0
    decay_after: int | None = None
    roll_back: bool = True
    max_decays: int = 8
    max_epochs: int = 30


@dataclass(frozen=True)
class Rule:
    """How weights change: gradient descent on summed errors, averaged and clipped."""

    learning_rate: float
    averaged_over: str = "words"  # words, sequences or nothing
    clip: float | None = None
    schedule: Schedule = field(default_factory=Schedule)


@dataclass
class Position:
    """How far training is: all that it goes on from besides weights and states."""

    rate: float
    epoch: int = 0  # epochs that are over
    batch: int = 0  # batches of this epoch that are over
    nats: float = 0.0  # summed errors in this epoch
    words: int = 0  # targets in this epoch
    sequences: int = 0  # since the beginning, as are the rest
    steps: int = 0
    decays: int = 0
    best: float | None = None  # loss on the validation text, nats a word
    history: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0
    ended: str | None = None


def after_epoch(rule: Schedule, at: Position, loss: float) -> tuple[bool, bool]:
    """Move a position past an epoch with this validation loss, in nats a word.

    Return whether the weights are the best so far, and whether to go back to the best.
    ``at.history`` takes [words since the beginning, training and validation perplexity].
    """
    better = at.best is None or loss < at.best
    enough = at.best is None or loss + math.log(rule.improves_by) < at.best
    at.epoch, at.batch = at.epoch + 1, 0
    before = at.history[-1][0] if at.history else 0.0
    mean = at.nats / at.words if at.words else 0.0
    at.history.append([before + at.words, *(float(f"{_exp(x):.6g}") for x in (mean, loss))])
    at.nats, at.words = 0.0, 0
    if not math.isfinite(loss):
        at.ended = "diverged"
        return False, False
    if better:
        at.best = loss
    falls = not enough if rule.decay_after is None else at.epoch >= rule.decay_after
    if falls:
        at.rate *= rule.decay
        at.decays += 1
    if at.decays >= rule.max_decays:
        at.ended = "solved"
    elif at.epoch >= rule.max_epochs:
        at.ended = "capped"
    return better, rule.roll_back and not better


def _exp(x: float) -> float:
    """Return e to the x, or what stands for infinity where a curve must be finite."""
    return math.exp(min(x, 700.0)) if math.isfinite(x) else math.exp(700.0)
