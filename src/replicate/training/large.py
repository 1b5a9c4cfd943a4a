"""The training loop of large models: gradient descent on batches, with checkpoints.

It knows no model: whoever trains one gives it batches, a loss and a way to judge (``Job``). A
training that was killed goes on from its checkpoint to the same weights, on a CPU bit for
bit: batches and dropout masks follow from seed, epoch and batch, all else is in the checkpoint.
"""

import math
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from replicate.errors import ReplicateError
from replicate.training import checkpoints
from replicate.training.batches import Batch, Batches
from replicate.training.dropout import begin_dropout
from replicate.training.processes import Processes, processes
from replicate.training.schedule import Position, Rule, after_epoch
from replicate.training.watching import Watching

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.float32}
"""What weights are held in."""


@dataclass(frozen=True)
class Job:
    """A trial of a large model.

    ``model`` takes a ``Batch`` and the states at the end of the one before (None: the
    beginning), and returns the summed loss in nats and the states at its end. ``batches`` gives
    those of an epoch, ``valid`` a model's loss in nats a word on the validation text.
    ``depends_on``: all that the result depends on, as plain values by name.
    """

    title: str
    depends_on: dict[str, Any]
    seed: int
    dtype: str
    rule: Rule
    model: nn.Module
    batches: Callable[[int], Batches]
    valid: Callable[[nn.Module], float]


@dataclass(frozen=True)
class Run:
    """How a trial is computed: it changes the result by rounding alone, or by dropout's masks.

    One is drawn for each part of a batch, so that other parts are another draw.
    """

    folder: Path  # of the checkpoint
    device: str = "cpu"  # cpu, cuda or auto
    accumulate: int = 1  # parts of a batch, computed one after the other
    compiled: bool = False  # by torch.compile, on a GPU
    every: float = 600.0  # seconds between checkpoints; there is one after each epoch
    progress: bool = True
    tensorboard: bool = False


def train(job: Job, run: Run) -> Position:
    """Train until the rule ends it, and leave the best weights in the model.

    Raises ``ReplicateError`` for a folder that cannot be written, a disk that is full, a
    checkpoint of another trial, a folder that another process trains in, and a device that
    cannot do what is asked.
    """
    with processes(run.device) as here:
        if here.device.type == "cpu" and (run.compiled or job.dtype == "bfloat16"):
            what = "compiled" if run.compiled else "dtype = bfloat16"
            raise ReplicateError(f"{what} is for a GPU: give device cuda, or leave it out")
        logs = run.folder / "tensorboard" if run.tensorboard and here.first else None
        with (
            checkpoints.alone(run.folder) if here.first else nullcontext(),
            Watching(job.title, run.progress and here.first, logs) as shown,
        ):
            training = Training(job, run, here)
            while training.at.ended is None:
                training.epoch(shown)
        job.model.load_state_dict(training.best)
        return training.at


class Training:
    """A training under way: the weights, and where it is."""

    def __init__(self, job: Job, run: Run, here: Processes) -> None:
        self.job, self.run, self.here = job, run, here
        self.model = job.model.to(here.device, DTYPES[job.dtype])
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        self.at = Position(job.rule.learning_rate)
        self.best = _copy(self.model.state_dict())
        self.states: list[Any] = [None] * run.accumulate
        held = checkpoints.load(run.folder)
        if held is not None:
            self._restore(held)
        wrapped = here.wrapped(self.model)
        self.loss = torch.compile(wrapped) if run.compiled else wrapped
        self._wrapped = wrapped
        self._saved = self._began = time.monotonic()

    def epoch(self, shown: Watching) -> None:
        """Train to the end of an epoch, judge the model, and save."""
        batches = self.job.batches(self.at.epoch)
        self.model.train()
        while self.at.batch < len(batches):
            words = self.step(batches[self.at.batch], batches.carry)
            if self.at.ended:
                return self.save()
            shown.step(self.at, len(batches), words)
            if self._due():
                self.save()
        loss = self.here.agreed(self.job.valid(self.model) if self.here.first else None)
        best, roll_back = after_epoch(self.job.rule.schedule, self.at, loss)
        if best:
            self.best = _copy(self.model.state_dict())
        if roll_back:
            self.model.load_state_dict(self.best)
        self.states = [None] * self.run.accumulate
        shown.epoch(self.at)
        self.save()

    def step(self, batch: Batch, carry: bool) -> int:
        """Change the weights by a batch; return how many words it has."""
        rule, at, parts = self.job.rule, self.at, self.run.accumulate
        words = batch.n_targets
        over = {"words": words, "sequences": batch.n_sequences, "nothing": 1}
        # Processes average their gradients; theirs are parts of one sum.
        scale = self.here.n / over[rule.averaged_over]
        mine = batch.part(self.here.rank, self.here.n)
        place = (at.epoch, at.batch, self.here.rank)
        begin_dropout(self.model, self.here.device, self.job.seed, *place)
        self.model.zero_grad()
        nats = torch.zeros((), device=self.here.device)
        for k in range(parts):
            shown = mine.part(k, parts).to(self.here.device)
            with self.here.apart(self._wrapped, k == parts - 1):
                with self._autocast():
                    loss, states = self.loss(shown, self.states[k])
                (loss * scale).backward()
            nats = nats + loss.detach()
            self.states[k] = _detached(states) if carry else None
        if not self._descend(at.rate, rule.clip):
            at.ended = "diverged"
            return words
        at.nats += self.here.total(nats)
        at.words += words
        at.sequences += batch.n_sequences
        at.steps += words
        at.batch += 1
        return words

    def _descend(self, rate: float, clip: float | None) -> bool:
        """Go down the gradient, cut to a norm of ``clip``; False if it is not finite."""
        gradients = gradient(self.weights)
        size = norm(gradients)
        if not math.isfinite(size):
            return False
        if clip is not None and size > clip:
            rate *= clip / size
        with torch.no_grad():
            for p, g in zip(self.weights, gradients, strict=True):
                p.add_(g, alpha=-rate)
        return True

    def save(self) -> None:
        """Write the checkpoint; raises ``ReplicateError`` in all processes if it fails."""
        states = self.here.gathered(_to_cpu(self.states))
        self.at.seconds += time.monotonic() - self._began
        self._began = self._saved = time.monotonic()
        problem = None
        if self.here.first:
            try:
                checkpoints.save(self.run.folder, self._content(states))
            except ReplicateError as error:
                problem = str(error)
        problem = self.here.agreed(problem)
        if problem:
            raise ReplicateError(problem)

    def _content(self, states: list[Any]) -> dict[str, Any]:
        return {
            "depends_on": self.job.depends_on,
            "processes": [self.here.n, self.run.accumulate],
            "position": asdict(self.at),
            "states": states,
            "model": self.model.state_dict(),
            "best": self.best,
        }

    def _restore(self, held: dict[str, Any]) -> None:
        folder = self.run.folder
        checkpoints.same_trial(folder, held["depends_on"], self.job.depends_on)
        shares, states = [self.here.n, self.run.accumulate], held["states"]
        if held["processes"] == shares:
            self.states = _to(states[self.here.rank], self.here.device)
        elif any(state is not None for of_process in states for state in of_process):
            raise ReplicateError(
                f"{folder} is in the middle of a text that {held['processes']} processes and "
                f"parts of a batch share, not {shares}: go on with as many"
            )
        self.at = Position(**held["position"])
        self.model.load_state_dict(held["model"])
        self.best = _copy(_to(held["best"], self.here.device))

    def _due(self) -> bool:
        due = time.monotonic() - self._saved >= self.run.every
        return bool(self.here.agreed(due)) if self.here.n > 1 else due

    def _autocast(self) -> torch.autocast:
        half = self.job.dtype == "bfloat16"
        return torch.autocast(self.here.device.type, torch.bfloat16, enabled=half)


def gradient(weights: Iterable[nn.Parameter]) -> list[Tensor]:
    """Return the gradients of weights; those that hold few rows, each row once."""
    found = (p.grad for p in weights)
    return [g.coalesce() if g.is_sparse else g for g in found if g is not None]


def norm(gradients: Iterable[Tensor]) -> float:
    """Return the norm of a whole gradient."""
    held = (g.values() if g.is_sparse else g for g in gradients)
    return float(
        torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in held]))
    )


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def _detached(states: Any) -> Any:
    return _map(states, Tensor.detach)


def _to_cpu(states: Any) -> Any:
    return _to(states, torch.device("cpu"))


def _to(states: Any, device: torch.device) -> Any:
    return _map(states, lambda tensor: tensor.to(device))


def _map(held: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Return nested lists, tuples and dictionaries with every tensor changed."""
    if isinstance(held, Tensor):
        return change(held)
    if isinstance(held, dict):
        return {name: _map(one, change) for name, one in held.items()}
    if isinstance(held, list | tuple):
        return type(held)(_map(one, change) for one in held)
    return held
