"""Dropout whose masks belong to the step: nothing of the past needs to be kept for them."""

import torch
from torch import Tensor, nn

from replicate.engine import draws


class Dropout(nn.Module):
    """Zeroes units at random and scales the others up, from a generator of its own."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._generator: torch.Generator | None = None

    def begin(self, device: torch.device, seed: int, *place: int) -> None:
        """Take the masks that belong to a place of training, such as (epoch, batch, rank)."""
        if self.rate:
            if self._generator is None or self._generator.device != device:
                self._generator = torch.Generator(device)
            sequence = 0
            for number in place:
                sequence = (sequence * 1_000_003 + number + 1) % 2**63
            high, low = draws.words(seed, "set", sequence, 1, 0, 2)[0].tolist()
            self._generator.manual_seed((high << 32 | low) % 2**63)

    @property
    def drops(self) -> bool:
        """Whether units are dropped now."""
        return self.training and self.rate > 0

    def forward(self, x: Tensor) -> Tensor:
        """Return x, of any shape, with units dropped while training."""
        if not self.drops:
            return x
        kept = torch.empty_like(x).bernoulli_(1.0 - self.rate, generator=self._generator)
        return x * kept / (1.0 - self.rate)


def begin_dropout(model: nn.Module, device: torch.device, seed: int, *place: int) -> None:
    """Give every dropout of a model the masks of this place of training."""
    for k, module in enumerate(model.modules()):
        if isinstance(module, Dropout):
            module.begin(device, seed, *place, k)
