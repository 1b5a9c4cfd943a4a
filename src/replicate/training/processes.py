"""Where training runs: a device, and the processes that share the work under ``torchrun``."""

import atexit
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from replicate.errors import ReplicateError

PATIENCE = timedelta(hours=2)
"""How long processes wait for each other: the first judges the model while others wait."""


def device(name: str) -> torch.device:
    """Return the device that cpu, cuda or auto stands for, if it is here."""
    if name not in ("cpu", "cuda", "auto"):
        raise ReplicateError(f"device = {name}: give one of cpu, cuda, auto")
    if name == "cuda" and not torch.cuda.is_available():
        raise ReplicateError("device = cuda: torch finds no CUDA device here; give cpu or auto")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def leads() -> bool:
    """Return whether this is the first of the processes that ``torchrun`` began, or alone."""
    return os.environ.get("RANK", "0") == "0"


@dataclass(frozen=True)
class Processes:
    """This process among those that train one model together."""

    device: torch.device
    rank: int = 0
    n: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that judges, saves and tells."""
        return self.rank == 0

    def wrapped(self, model: nn.Module) -> nn.Module:
        """Return what computes a model's loss so that gradients are those of all processes."""
        if self.n == 1:
            return model
        ids = [self.device] if self.device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids)

    def apart(self, wrapped: nn.Module, last: bool) -> AbstractContextManager[Any]:
        """Return a context in which gradients are shared only with the last part of a batch."""
        if last or not isinstance(wrapped, DistributedDataParallel):
            return nullcontext()
        return wrapped.no_sync()

    def total(self, number: torch.Tensor) -> float:
        """Return the sum of a number over the processes."""
        number = number.detach().double()
        if self.n > 1:
            distributed.all_reduce(number)
        return number.item()

    def agreed(self, value: Any) -> Any:
        """Return what the first process has."""
        held = [value]
        if self.n > 1:
            distributed.broadcast_object_list(held, device=self.device)
        return held[0]

    def gathered(self, value: Any) -> list[Any]:
        """Return what all processes have, in the first one; it is on the CPU."""
        if self.n == 1:
            return [value]
        held: list[Any] | None = [None] * self.n if self.first else None
        distributed.gather_object(value, held)
        return held or []


@contextmanager
def processes(name: str) -> Iterator[Processes]:
    """Yield this process, joined with the others if ``torchrun`` began it."""
    n, where = int(os.environ.get("WORLD_SIZE", "1")), device(name)
    if n == 1:
        yield Processes(where)
        return
    if not distributed.is_initialized():
        # The processes stay joined: they cannot be joined twice.
        backend = "nccl" if where.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=PATIENCE)
        atexit.register(distributed.destroy_process_group)
    if where.type == "cuda":
        torch.cuda.set_device(where)
    yield Processes(where, distributed.get_rank(), n)
