"""A trained language model at work: what it says of a sentence, and what it says by itself."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from replicate import corpora
from replicate.errors import ReplicateError
from replicate.language.evaluation import log_probabilities
from replicate.language.layers import State
from replicate.language.model import LanguageModel
from replicate.language.preparation import ENGLISH, FRENCH, words
from replicate.language.vocabulary import Vocabulary

PATTERNS = {"English": ENGLISH, "French": FRENCH}


class Word(NamedTuple):
    """A word of a sentence, or its end: ln p given the words before it."""

    word: str
    log_probability: float
    known: bool  # else it is scored as the unknown word


def tokens(sentence: str, corpus: str) -> list[str]:
    """Return the words of a sentence as those of a corpus were found.

    Where a corpus came as words between blanks, so must the sentence.
    """
    entry = None if corpus == "toy" else corpora.entry(corpus)
    if entry is None or entry.source is None:
        return sentence.lower().split()
    return words(sentence, PATTERNS[entry.language])


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
    """Return n sentences that a model says, each without its end if it comes to one.

    Words are drawn with p^(1 / temperature), never the unknown one; ``draw`` says which draws.
    Raises ``ReplicateError`` for a temperature that is not positive.
    """
    if not 0 < temperature < np.inf:
        raise ReplicateError(f"temperature = {temperature}: give a positive number")
    drawn = torch.Generator().manual_seed(draw)
    given = [vocabulary.end, *vocabulary.encode([" ".join(begin)])[:-1].tolist()]
    shown = torch.tensor(given)[:, None].expand(-1, n)
    said: list[list[str]] = [[*begin] for _ in range(n)]
    going = np.ones(n, bool)
    states: list[State] | None = None
    model.eval()
    with torch.no_grad():
        while going.any() and max(map(len, said)) < longest:
            h, states = model.hidden(shown, states)
            logs = model.output.of_all(h[-1]).double() / temperature
            if vocabulary.unknown is not None:
                logs[:, vocabulary.unknown] = -torch.inf
            chosen = torch.multinomial(logs.softmax(dim=1), 1, generator=drawn)[:, 0]
            going &= chosen.numpy() != vocabulary.end
            for i in np.flatnonzero(going):
                said[i].append(vocabulary.words[chosen[i]])
            shown = chosen[None]
    return [[*words, "…"] if on else words for words, on in zip(said, going, strict=True)]
