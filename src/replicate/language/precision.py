"""Where autocast must not reach: gradients computed by hand are in the weights' precision."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor


def in_full(x: Tensor) -> AbstractContextManager[Any]:
    """Return a context without autocast, which is there on a GPU alone."""
    return torch.autocast("cuda", enabled=False) if x.is_cuda else nullcontext()
