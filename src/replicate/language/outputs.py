"""Output layers: which word comes next, by one softmax or by the word's class and the word.

With classes p(word | h) = p(class | h) · p(word | class, h) (Goodman, 2001): a word of 10,000
costs some 200 units in place of 10,000.
"""

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
    column: Tensor  # of a word in its class
    width: Tensor  # of a word's class

    def __init__(self, n_in: int, class_of: np.ndarray) -> None:
        super().__init__()
        sizes = np.bincount(class_of)
        if not sizes.all():
            raise ValueError(f"class {np.flatnonzero(sizes == 0)[0]} has no word")
        place = np.argsort(np.argsort(class_of, kind="stable"))
        self.sizes: list[int] = sizes.tolist()
        self.classes = nn.Linear(n_in, len(sizes))
        self.words = nn.Linear(n_in, len(class_of))
        for name, numbers in {
            "class_of": class_of,
            "place": place,
            "column": place - (np.cumsum(sizes) - sizes)[class_of],
            "width": sizes[class_of],
        }.items():
            self.register_buffer(name, torch.tensor(numbers, dtype=torch.int64))

    def loss(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return the summed cross-entropy in nats; h: (token, unit), targets: (token,)."""
        _, h, targets, counts = self._by_class(h, targets)
        chosen = cross_entropy(self.classes(h), self.class_of[targets], reduction="sum")
        weight, bias, at = self.words.weight, self.words.bias, self._at(targets)
        with in_full(h):
            inside: Tensor = WithinClasses.apply(
                h.to(weight), weight, bias, at, counts, self.sizes
            )
        return chosen + inside

    def of_targets(self, h: Tensor, targets: Tensor) -> Tensor:
        """Return log p(target | h), (token,); 0 where there is no target."""
        found = h.new_zeros(len(h))
        order, h, targets, counts = self._by_class(h, targets)
        classes = log_softmax(self.classes(h), dim=-1)
        inside = within_classes(h, self.words.weight, self.words.bias, counts, self.sizes)
        logs = (
            classes.gather(1, self.class_of[targets][:, None])[:, 0] + inside[self._at(targets)]
        )
        found[order] = logs.to(found.dtype)
        return found

    def of_all(self, h: Tensor) -> Tensor:
        """Return log p(word | h) of every word, (token, word)."""
        classes = log_softmax(self.classes(h), dim=-1)
        inside = [log_softmax(logits, dim=-1) for logits in self.words(h).split(self.sizes, 1)]
        return classes[:, self.class_of] + torch.cat(inside, dim=1)[:, self.place]

    def _by_class(self, h: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor, list[int]]:
        """Return what has a target, in order of the classes: its places, h and targets.

        The last is how many each class has.
        """
        at = torch.nonzero(targets != IGNORED)[:, 0]
        order = at[torch.argsort(self.class_of[targets[at]], stable=True)]
        counts = torch.bincount(self.class_of[targets[order]], minlength=len(self.sizes))
        return order, h[order], targets[order], counts.tolist()

    def _at(self, targets: Tensor) -> Tensor:
        """Return the place of each target in what ``within_classes`` returns, (token,)."""
        widths = self.width[targets]
        return widths.cumsum(0) - widths + self.column[targets]


def within_classes(
    h: Tensor, weight: Tensor, bias: Tensor, counts: list[int], sizes: list[int]
) -> Tensor:
    """Return log p(word | h, class) of the words of each token's class, token after token.

    Tokens stand in order of the classes; ``counts`` and ``sizes`` are each class's numbers of
    tokens and of words.
    """
    parts = zip(h.split(counts), weight.split(sizes), bias.split(sizes), strict=True)
    found = [
        log_softmax(torch.addmm(b, x, w.T), dim=1).flatten() for x, w, b in parts if len(x)
    ]
    return torch.cat([h.new_empty(0), *found])


class WithinClasses(torch.autograd.Function):
    """The summed cross-entropy of words in their classes: small products, no graph of them."""

    @staticmethod
    def forward(
        ctx: Any, h: Tensor, weight: Tensor, bias: Tensor, at: Tensor,
        counts: list[int], sizes: list[int],
    ) -> Tensor:  # fmt: skip
        """Return the sum; at: (token,), else as for ``within_classes``."""
        logs = within_classes(h, weight, bias, counts, sizes)
        loss = -logs[at].sum()
        errors = logs.exp_()
        errors[at] -= 1.0
        ctx.save_for_backward(h, weight, errors)
        ctx.of_classes = counts, sizes
        return loss

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients for h, weights and biases."""
        (scale,) = above
        h, weight, errors = ctx.saved_tensors
        counts, sizes = ctx.of_classes
        d_h, d_weight = map(torch.zeros_like, (h, weight))
        d_bias = weight.new_zeros(len(weight))
        cut = (errors * scale).split([n * size for n, size in zip(counts, sizes, strict=True)])
        of_tokens = (h.split(counts), d_h.split(counts))
        of_words = (weight.split(sizes), d_weight.split(sizes), d_bias.split(sizes))
        for error, x, d_x, w, d_w, d_b in zip(cut, *of_tokens, *of_words, strict=True):
            if len(x):
                error = error.view(len(x), -1)
                torch.mm(error, w, out=d_x)
                torch.mm(error.T, x, out=d_w)
                torch.sum(error, 0, out=d_b)
        return d_h, d_weight, d_bias, None, None, None
