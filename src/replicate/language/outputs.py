"""Output layers: which word comes next, by one softmax or by the word's class and the word.

With classes p(word | h) = p(class | h) · p(word | class, h) (Goodman, 2001): a word of 10,000
costs some 200 units in place of 10,000.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

from replicate.language.precision import in_full
from replicate.training.batches import IGNORED


class FullSoftmax(nn.Module):
    """One unit for each word."""

    def __init__(self, n_in: int, n_words: int) -> None:
        super().__init__()
        self.words = nn.Linear(n_in, n_words)

    def loss(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross-entropy in nats; h: (token, unit), targets: (token,)."""
        return cross_entropy(self.words(h), targets, ignore_index=IGNORED, reduction="sum")

    def of_targets(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return log p(target | h), (token,); 0 where there is no target."""
        logits = self.words(h)
        return -cross_entropy(logits, targets, ignore_index=IGNORED, reduction="none")

    def of_all(self, h: Tensor) -> Tensor:
        """Return log p(word | h) of every word, (token, word)."""
        return log_softmax(self.words(h), dim=-1)


class ClassSoftmax(nn.Module):
    """One unit for each class, and one for each word among those of its class.

    Units of words are held class by class, so that those of a class are a slice. ``class_of``:
    (word,) numbers 0, 1, 2, … of which none is left out.
    """

    class_of: Tensor
    place: Tensor  # of a word among the units
    word: Tensor  # of a unit

    def __init__(self, n_in: int, class_of: np.ndarray) -> None:
        super().__init__()
        sizes = np.bincount(class_of)
        if not sizes.all():
            raise ValueError(f"class {np.flatnonzero(sizes == 0)[0]} has no word")
        order = np.argsort(class_of, kind="stable")
        self.sizes: list[int] = sizes.tolist()
        self.first: list[int] = (np.cumsum(sizes) - sizes).tolist()
        self.classes = nn.Linear(n_in, len(sizes))
        self.words = nn.Linear(n_in, len(class_of))
        for name, numbers in [
            ("class_of", class_of), ("place", np.argsort(order)), ("word", order)
        ]:  # fmt: skip
            self.register_buffer(name, torch.tensor(numbers, dtype=torch.int64))

    def loss(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross-entropy in nats; h: (token, unit), targets: (token,)."""
        h, targets, slices = self._by_class(h, targets)
        chosen = cross_entropy(self.classes(h), self.class_of[targets], reduction="sum")
        places = self.place[targets]
        weight, bias = self.words.weight, self.words.bias
        with in_full(h):
            inside: Tensor = WithinClasses.apply(h.to(weight), weight, bias, places, slices)
        return chosen + inside

    def of_targets(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return log p(target | h), (token,); 0 where there is no target."""
        found = h.new_zeros(len(h))
        at = torch.nonzero(targets != IGNORED)[:, 0]
        order = at[torch.argsort(self.class_of[targets[at]], stable=True)]
        h, targets, slices = self._by_class(h, targets)
        classes = log_softmax(self.classes(h), dim=-1)
        logs = classes.gather(1, self.class_of[targets][:, None])[:, 0]
        for rows, units in slices:
            inside = self._inside(h[rows], units)
            column = self.place[targets[rows]] - units.start
            logs[rows] += inside.gather(1, column[:, None])[:, 0]
        found[order] = logs.to(found.dtype)
        return found

    def of_all(self, h: Tensor) -> Tensor:
        """Return log p(word | h) of every word, (token, word)."""
        classes = log_softmax(self.classes(h), dim=-1)
        inside = [self._inside(h, units) for units in map(self._units, range(len(self.sizes)))]
        return classes[:, self.class_of] + torch.cat(inside, dim=1)[:, self.place]

    def _inside(self, h: Tensor, units: slice) -> Tensor:
        logits = nn.functional.linear(h, self.words.weight[units], self.words.bias[units])
        return log_softmax(logits, dim=-1)

    def _units(self, c: int) -> slice:
        return slice(self.first[c], self.first[c] + self.sizes[c])

    def _by_class(
        self, h: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor, list[tuple[slice, slice]]]:
        """Return what has a target in order of the classes, and their rows and units.

        Classes of one word are left out: their word is certain.
        """
        at = torch.nonzero(targets != IGNORED)[:, 0]
        order = at[torch.argsort(self.class_of[targets[at]], stable=True)]
        h, targets = h[order], targets[order]
        counts = torch.bincount(self.class_of[targets], minlength=len(self.sizes)).tolist()
        return h, targets, list(self._slices(counts))

    def _slices(self, counts: list[int]) -> Iterator[tuple[slice, slice]]:
        row = 0
        for c, n in enumerate(counts):
            if n and self.sizes[c] > 1:
                yield slice(row, row + n), self._units(c)
            row += n


class WithinClasses(torch.autograd.Function):
    """The summed cross-entropy of words in their classes: small products, no graph of them."""

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, weight: Tensor, bias: Tensor, places: Tensor,
        slices: list[tuple[slice, slice]],
    ) -> Tensor:  # fmt: skip
        """Return the sum; h: (token, unit) in order of the classes, places: (token,)."""
        chosen, errors = [], []
        for rows, units in slices:
            column = places[rows, None] - units.start
            p = log_softmax(torch.addmm(bias[units], h[rows], weight[units].T), dim=1)
            chosen.append(p.gather(1, column))
            errors.append(p.exp_().scatter_add_(1, column, p.new_full(column.shape, -1.0)))
        ctx.save_for_backward(h, weight, *errors)
        ctx.slices = slices
        return -torch.cat([h.new_zeros(1, 1), *chosen]).sum()

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients for h, weights and biases."""
        (scale,) = above
        h, weight, *errors = ctx.saved_tensors
        d_h, d_weight = map(torch.zeros_like, (h, weight))
        d_bias = weight.new_zeros(len(weight))
        for (rows, units), error in zip(ctx.slices, errors, strict=True):
            scaled = error * scale
            torch.mm(scaled, weight[units], out=d_h[rows])
            torch.mm(scaled.T, h[rows], out=d_weight[units])
            torch.sum(scaled, 0, out=d_bias[units])
        return d_h, d_weight, d_bias, None, None
