"""Walks through time with their gradients by hand, which take half of autograd's time.

What can be computed for all steps at once is; a step back in time then takes one product and a
few sums.
"""

from typing import Any

import torch
from torch import Tensor


class Walk(torch.autograd.Function):
    """An LSTM's outputs of all steps and its cells' states at the end.

    Rows of weights are i, f, z, o, or i, z, o without forget gates.
    """

    @staticmethod
    def forward(
        ctx: Any, outside: Tensor, back: Tensor, peep: Tensor, y: Tensor, s: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return (time, batch, unit) and (batch, unit).

        ``outside``: (time, batch, row), ``back``: (row, unit), ``peep``: (gate, unit) of i, f,
        o, zeros if there are none; ``y``, ``s``: outputs and states before, (batch, unit).
        """
        n = back.shape[1]
        early = len(back) - 2 * n  # rows of the gates that see the states as they were
        states, shown = (outside.new_empty(len(outside) + 1, *y.shape) for _ in range(2))
        states[0], shown[0] = s, y
        nets, squashed = torch.empty_like(outside), torch.empty_like(states[1:])
        for t, net in enumerate(nets):
            torch.addmm(outside[t], shown[t], back.T, out=net)
            gates, z, o = net[:, :early], net[:, early : early + n], net[:, early + n :]
            s, new = states[t], states[t + 1]
            gates.unflatten(1, (-1, n)).addcmul_(peep[:-1], s[:, None]).sigmoid_()
            torch.mul(gates[:, :n], z.tanh_(), out=new)
            new.addcmul_(gates[:, n:], s) if early > n else new.add_(s)
            o.addcmul_(peep[-1], new).sigmoid_()
            torch.tanh(new, out=squashed[t])
            torch.mul(o, squashed[t], out=shown[t + 1])
        ctx.save_for_backward(back, peep, states, shown, nets, squashed)
        return shown[1:].clone(), states[-1].clone()

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients for everything given."""
        d_shown, d_s = above
        back, peep, states, shown, nets, squashed = ctx.saved_tensors
        n = back.shape[1]
        early = len(back) - 2 * n
        gates, z, o = nets.split([early, n, n], dim=2)
        i, f = gates[..., :n], gates[..., n:]
        # Of each row: how its net input moves the state, or o's the output.
        moves = torch.cat([z * (i - i**2), states[:-1] * (f - f**2), i * (1 - z**2)], 2) \
            if early > n else torch.cat([z * (i - i**2), i * (1 - z**2)], 2)  # fmt: skip
        o_moves, through = squashed * (o - o**2), o * (1 - squashed**2)
        d = torch.empty_like(nets)
        d_y = torch.zeros_like(d_s)
        for t in range(len(nets) - 1, -1, -1):
            d_y = d_y + d_shown[t]
            d_o = torch.mul(d_y, o_moves[t], out=d[t, :, -n:])
            d_s = torch.addcmul(d_s, d_y, through[t]).addcmul_(d_o, peep[-1])
            inner = d[t, :, :-n].unflatten(1, (-1, n))
            torch.mul(moves[t].unflatten(1, (-1, n)), d_s[:, None], out=inner)
            d_s = d_s * f[t] if early > n else d_s
            d_s = torch.addcmul(d_s, inner[:, 0], peep[0])
            if early > n:
                d_s.addcmul_(inner[:, 1], peep[1])
            d_y = d[t] @ back
        d_back = d.flatten(0, 1).T @ shown[:-1].flatten(0, 1)
        seen = d[..., :early].unflatten(2, (-1, n)) * states[:-1, :, None]
        d_peep = torch.cat([seen.sum((0, 1)), (d[..., -n:] * states[1:]).sum((0, 1))[None]])
        return d, d_back, d_peep, d_y, d_s


class PlainWalk(torch.autograd.Function):
    """A plain net's outputs of all steps."""

    @staticmethod
    def forward(ctx: Any, outside: Tensor, back: Tensor, y: Tensor, logistic: bool) -> Tensor:
        """Return (time, batch, unit), as is ``outside``.

        ``back``: (unit, unit), ``y``: outputs before, (batch, unit).
        """
        shown = outside.new_empty(len(outside) + 1, *y.shape)
        shown[0] = y
        for t, net in enumerate(outside):
            torch.addmm(net, shown[t], back.T, out=shown[t + 1])
            shown[t + 1].sigmoid_() if logistic else shown[t + 1].tanh_()
        ctx.save_for_backward(back, shown)
        ctx.logistic = logistic
        return shown[1:].clone()

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients for everything given."""
        (d_shown,) = above
        back, shown = ctx.saved_tensors
        y = shown[1:]
        slopes = y - y**2 if ctx.logistic else 1 - y**2
        d, d_y = torch.empty_like(slopes), torch.zeros_like(y[0])
        for t in range(len(d) - 1, -1, -1):
            torch.mul(d_shown[t] + d_y, slopes[t], out=d[t])
            d_y = d[t] @ back
        return d, d.flatten(0, 1).T @ shown[:-1].flatten(0, 1), d_y, None
