"""What stands between projection and output: recurrent layers, and a window of words.

Each layer takes (time, batch, unit) and what it knew at the end of the batch before, ``None``
at the start of a text, and returns the same kinds. A ``Walked`` one can be taken apart: what
its weights make of the inputs, and the walk through time. Equations of the LSTM as in Gers et
al. (2002), with a whole gradient.
"""

import torch
from torch import Tensor, nn

from replicate.language.precision import in_full
from replicate.language.through_time import PlainWalk, Walk

State = tuple[Tensor, ...] | None


class TorchLSTM(nn.Module):
    """Torch's own LSTM, one layer with forget gates; its second bias stays 0."""

    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        self.layer = nn.LSTM(n_in, n_hidden)
        self.layer.bias_hh_l0.requires_grad_(False)

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the last output and cell state, each (1, batch, unit)."""
        y, last = self.layer(x, state)
        return y, last


class Walked(nn.Module):
    """A layer that is its weighted inputs and then a walk."""

    def outside(self, x: Tensor) -> Tensor:
        """Return what comes from outside to each row of weights, (…, row); x: (…, unit)."""
        raise NotImplementedError

    def walk(self, outside: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the state at the end; outside: (time, batch, row)."""
        raise NotImplementedError

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the state at the end; x: (time, batch, unit)."""
        return self.walk(self.outside(x), state)


class GatedLSTM(Walked):
    """An LSTM with or without forget gates and peepholes; rows of weights are i, f, z, o.

    Input and forget gates see the cells as they were, output gates as they are.
    """

    def __init__(self, n_in: int, n_hidden: int, forget_gate: bool, peepholes: bool) -> None:
        super().__init__()
        rows = (4 if forget_gate else 3) * n_hidden
        self.inputs = nn.Linear(n_in, rows)
        self.back = nn.Parameter(torch.zeros(rows, n_hidden))
        self.peep = nn.Parameter(torch.zeros(rows // n_hidden - 1, n_hidden))
        self.peep.requires_grad_(peepholes)

    def outside(self, x: Tensor) -> Tensor:
        """Return (…, row)."""
        outside: Tensor = self.inputs(x).to(self.back)
        return outside

    def walk(self, outside: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the last output and cell state, each (1, batch, unit)."""
        start = outside.new_zeros(outside.shape[1], self.back.shape[1])
        y, s = (part[0] for part in state) if state else (start, start)
        with in_full(outside):
            shown, s = Walk.apply(outside, self.back, self.peep, y.to(start), s)
        return shown, (shown[-1:], s[None])


class PlainRNN(Walked):
    """Units that see themselves a step ago: tanh, or logistic as in Mikolov's."""

    def __init__(self, n_in: int, n_hidden: int, squash: str) -> None:
        super().__init__()
        self.logistic = squash == "logistic"
        self.layer = nn.RNN(n_in, n_hidden)
        self.layer.bias_hh_l0.requires_grad_(False)

    def outside(self, x: Tensor) -> Tensor:
        """Return (…, unit)."""
        inward, back, bias, _ = self.layer.all_weights[0]
        return nn.functional.linear(x, inward, bias).to(back)

    def walk(self, outside: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the last output, (1, batch, unit)."""
        y = state[0][0] if state else outside.new_zeros(outside.shape[1:])
        with in_full(outside):
            back = self.layer.weight_hh_l0
            shown = PlainWalk.apply(outside, back, y.to(outside), self.logistic)
        return shown, (shown[-1:],)

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the last output; a GPU's own library walks faster than steps."""
        if self.logistic or not x.is_cuda:
            return super().forward(x, state)
        y, last = self.layer(x, state[0] if state else None)
        return y, (last,)


class Window(nn.Module):
    """A tanh layer that sees the last ``order`` - 1 words (Bengio et al., 2003).

    Before the start of a text stand copies of its first input, the end of a sentence.
    """

    def __init__(self, n_in: int, n_hidden: int, order: int) -> None:
        super().__init__()
        self.seen = order - 1
        self.hidden = nn.Linear(self.seen * n_in, n_hidden)

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Return outputs and the last inputs, (order - 2, batch, unit)."""
        before = state[0] if state else x[:1].expand(self.seen - 1, -1, -1)
        over_time = torch.cat([before, x])
        shifted = [over_time[k : k + len(x)] for k in range(self.seen)]
        return torch.tanh(self.hidden(torch.cat(shifted, dim=-1))), (over_time[len(x) :],)
