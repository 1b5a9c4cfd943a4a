"""A language model: words are projected, walked over, and the next one is predicted."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from replicate.engine import draws
from replicate.language.layers import GatedLSTM, PlainRNN, State, TorchLSTM, Walked, Window
from replicate.language.outputs import ClassSoftmax, FullSoftmax
from replicate.training.batches import Batch
from replicate.training.dropout import Dropout


class Shape(NamedTuple):
    """What a model is made of; the meaning of the fields as in ``tasks.language_model``."""

    n_words: int
    n_projection: int
    n_hidden: int
    cell: str = "lstm"  # lstm, rnn or window
    forget_gate: bool = True
    peepholes: bool = True
    squash: str = "tanh"
    order: int = 5
    n_layers: int = 1
    n_classes: int | None = None  # None: a full softmax

    @property
    def n_weights(self) -> int:
        """Number of trained weights: all units but the projection's have one bias each."""
        n, h = self.n_projection, self.n_hidden
        total = self.n_words * n + (h + 1) * (self.n_words + (self.n_classes or 0))
        for _ in range(self.n_layers):
            total += self._of_layer(n)
            n = h
        return total

    def _of_layer(self, n_in: int) -> int:
        h = self.n_hidden
        if self.cell == "window":
            return h * ((self.order - 1) * n_in + 1)
        if self.cell == "rnn":
            return h * (n_in + h + 1)
        gates = 2 + self.forget_gate
        return h * ((gates + 1) * (n_in + h + 1) + gates * self.peepholes)


class LanguageModel(nn.Module):
    """Projection, layers and output of a shape.

    ``class_of``: (word,) where the output has classes. With ``sparse`` the projection's
    gradient holds only the words that were shown.
    """

    def __init__(
        self, shape: Shape, class_of: np.ndarray | None = None,
        dropout: float = 0.0, sparse: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.projection = nn.Embedding(shape.n_words, shape.n_projection, sparse=sparse)
        sizes = [shape.n_projection] + [shape.n_hidden] * (shape.n_layers - 1)
        self.layers = nn.ModuleList(_layer(shape, n_in) for n_in in sizes)
        self.output: FullSoftmax | ClassSoftmax
        if class_of is None:
            self.output = FullSoftmax(shape.n_hidden, shape.n_words)
        else:
            self.output = ClassSoftmax(shape.n_hidden, class_of)
        self.dropout = Dropout(dropout)

    def forward(
        self, batch: Batch, states: list[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Return the summed cross-entropy in nats and each layer's state at the end."""
        h, states = self.hidden(batch.inputs[0], states)
        return self.output.loss(h.flatten(0, 1), batch.targets.flatten()), states

    def of_targets(
        self, batch: Batch, states: list[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Return log p(target), (time, batch), 0 where there is none, and the states."""
        h, states = self.hidden(batch.inputs[0], states)
        logs = self.output.of_targets(h.flatten(0, 1), batch.targets.flatten())
        return logs.view(batch.targets.shape), states

    def hidden(
        self, words: Tensor, states: list[State] | None = None
    ) -> tuple[Tensor, list[State]]:
        """Return what the output layer sees, (time, batch, unit); words: (time, batch)."""
        walks: list[Callable[..., tuple[Tensor, State]]] = list(self.layers)
        first, quick = self.layers[0], words.device.type == "cpu" and not self.dropout.drops
        if isinstance(first, Walked) and quick:
            x, walks[0] = self._each_once(first, words), first.walk
        else:
            x = self.dropout(self.projection(words))
        last: list[State] = []
        for walk, state in zip(walks, states or [None] * len(walks), strict=True):
            x, state = walk(x, state)
            x = self.dropout(x)
            last.append(state)
        return x, last

    def _each_once(self, first: Walked, words: Tensor) -> Tensor:
        """Return what a layer makes of words, (time, batch, row), each word computed once.

        Half of a batch's words are there more than once, and a CPU is quick to find them.
        """
        shown, places = torch.unique(words, return_inverse=True)
        return embedding(places, first.outside(self.projection(shown)))


def _layer(shape: Shape, n_in: int) -> nn.Module:
    n = shape.n_hidden
    if shape.cell == "window":
        return Window(n_in, n, shape.order)
    if shape.cell == "rnn":
        return PlainRNN(n_in, n, shape.squash)
    if shape.forget_gate and not shape.peepholes:
        return TorchLSTM(n_in, n)
    return GatedLSTM(n_in, n, shape.forget_gate, shape.peepholes)


def trained(model: nn.Module) -> list[nn.Parameter]:
    """Return the weights that training changes, in the model's order."""
    return [p for p in model.parameters() if p.requires_grad]


def draw_weights(model: nn.Module, seed: int, kind: str, size: float) -> None:
    """Give a model its first weights, biases included: normal or uniform, 0 where untrained.

    ``size``: the standard deviation, or the largest weight. Weight matrix k has draws of its
    own, sequence k of the stream.
    """
    mine = trained(model)
    with torch.no_grad():
        for p in model.parameters():
            p.zero_()
        for k, p in enumerate(mine):
            wanted = (seed, "weights", k, 1, 0, p.numel())
            if kind == "normal":
                drawn = draws.normal(*wanted, 0.0, size)
            else:
                drawn = draws.uniform(*wanted, -size, size)
            p.copy_(torch.as_tensor(drawn[0]).view(p.shape))
