"""Words and their numbers: a text becomes one flat array of ids, each sentence with its end.

A text has one sentence a line, words between blanks. Every line end stands for the token
``</s>``, which no text spells: "a b" and "b" on two lines are the ids of a b </s> b </s>. A
blank line is a sentence of the end alone. Tokens are counted so: words and line ends.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np

from replicate.errors import ReplicateError

END, UNKNOWN = "</s>", "<unk>"


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows; a word's id is its place, the most frequent first."""

    words: tuple[str, ...]
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {word: i for i, word in enumerate(self.words)}
        if len(ids) < len(self.words) or END not in ids:
            raise ReplicateError(f"a vocabulary has each of its words once, {END} among them")
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def of(cls, sentences: Iterable[str]) -> Self:
        """Return the words of a training text by count, then by first appearance."""
        counts = Counter(word for each in sentences for word in _tokens(each))
        return cls(tuple(sorted(counts, key=counts.__getitem__, reverse=True)) or (END,))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._ids

    @property
    def end(self) -> int:
        """The id of the end of a sentence."""
        return self._ids[END]

    @property
    def unknown(self) -> int | None:
        """The id that stands for all words outside; None if there is none."""
        return self._ids.get(UNKNOWN)

    def encode(self, sentences: Iterable[str]) -> np.ndarray:
        """Return (token,) int32: the ids of each sentence's words, then of its end.

        Raises ``ReplicateError`` for a word outside if no id stands for unknown words.
        """
        tokens = [token for each in sentences for token in _tokens(each)]
        unknown = self.unknown
        if unknown is not None:
            known = (self._ids.get(token, unknown) for token in tokens)
            return np.fromiter(known, np.int32, len(tokens))
        try:
            return np.fromiter((self._ids[t] for t in tokens), np.int32, len(tokens))
        except KeyError as error:
            raise ReplicateError(
                f"the word {error.args[0]!r} is not in the vocabulary, which has no {UNKNOWN} "
                f"for such words: put {UNKNOWN} in place of rare words of the training text"
            ) from None

    def decode(self, ids: np.ndarray) -> list[str]:
        """Return the sentences of (token,) ids; a last one may lack its end."""
        pieces = (ids[a:b] for a, b in pairwise(boundaries(ids, self.end)))
        return [" ".join(self.words[i] for i in each if i != self.end) for each in pieces]


def sentences(text: str) -> list[str]:
    """Return the lines of a text; only a line feed ends one, and the last may lack it."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def boundaries(ids: np.ndarray, end: int) -> np.ndarray:
    """Return (sentence + 1,) int64: where each sentence begins in (token,) ids, then how many.

    Sentence ``i`` is ``ids[bounds[i] : bounds[i + 1]]``, its end included.
    """
    after = np.flatnonzero(ids == end) + 1
    unfinished = [len(ids)] if len(ids) and ids[-1] != end else []
    return np.concatenate([[0], after, unfinished]).astype(np.int64)


def _tokens(sentence: str) -> list[str]:
    tokens = sentence.split()
    if END in tokens:
        raise ReplicateError(f"a text spells {END}, which line ends stand for: {sentence!r}")
    return [*tokens, END]
