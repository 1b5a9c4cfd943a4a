"""A trained language model at work: what it says of a sentence, and what it says by itself."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from replicate.engine import draws
from replicate.errors import ReplicateError
from replicate.language.evaluation import log_probabilities
from replicate.language.layers import State
from replicate.language.model import LanguageModel
from replicate.language.vocabulary import Vocabulary


class Word(NamedTuple):
    """A word of a sentence, or its end: ln p given the words before it."""

    word: str
    log_probability: float
    known: bool  # else it is scored as the unknown word


def scored(model: LanguageModel, vocabulary: Vocabulary, sentence: Sequence[str]) -> list[Word]:
    """Return what a model says of a sentence's words and its end, seen on its own.

    Raises ``ReplicateError`` for an unknown word if the vocabulary has none for such words.
    """
    ids = vocabulary.encode([" ".join(sentence)])
    logs = log_probabilities(model, ids, "sentences")
    known = [word in vocabulary for word in sentence] + [True]
    shown = [*sentence, vocabulary.words[vocabulary.end]]
    return [Word(*each) for each in zip(shown, logs.tolist(), known, strict=True)]


def sampled(
    model: LanguageModel,
    vocabulary: Vocabulary,
    n: int,
    begin: Sequence[str] = (),
    temperature: float = 1.0,
    longest: int = 60,
    draw: int = 0,
) -> list[list[str]]:
    """Return n sentences that a model says, each without its end, or broken off with ``…``.

    Words are drawn with p^(1 / temperature), never the unknown one. Sentence i follows from
    ``draw`` and i alone. Raises ``ReplicateError`` for a temperature that is not positive.
    """
    if not 0 < temperature < torch.inf:
        raise ReplicateError(f"temperature = {temperature}: give a positive number")
    model.eval()
    with torch.no_grad():
        return [
            _sentence(model, vocabulary, begin, temperature, longest, draw, i) for i in range(n)
        ]


def _sentence(
    model: LanguageModel, vocabulary: Vocabulary, begin: Sequence[str], temperature: float,
    longest: int, draw: int, i: int,
) -> list[str]:  # fmt: skip
    said = [*begin]
    states: list[State] | None = None
    shown = [vocabulary.end, *vocabulary.encode([" ".join(begin)])[:-1]]
    while len(said) < longest:
        h, states = model.hidden(torch.tensor(shown)[:, None], states)
        logs = model.output.of_all(h[-1])[0].double()
        if vocabulary.unknown is not None:
            logs[vocabulary.unknown] = -torch.inf
        p = ((logs - logs.max()) / temperature).exp().cumsum(0)
        (u,) = draws.uniform(draw, "sample", i, 1, len(said), 1)[0]
        word = int(torch.searchsorted(p, u * p[-1]))
        if word == vocabulary.end:
            return said
        said.append(vocabulary.words[word])
        shown = [word]
    return [*said, "…"]
