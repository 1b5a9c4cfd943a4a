"""A toy corpus of a language whose perplexity is known: no data are needed for it.

Words are of four kinds; after a word of a kind comes a word of some kind, or the sentence ends,
with probabilities in eighths that depend on the kind alone, and each of a kind's eight words is
as likely as the others.
"""

import numpy as np

from replicate.corpora import Corpus
from replicate.engine import draws
from replicate.language.vocabulary import Vocabulary

WORDS = 8  # of a kind
END = 0  # number of the word that ends a sentence
# What follows: kinds of words 0 … 3, or 4, the end; a row for each kind, the last for </s>.
NEXT = np.array([
    [1, 1, 1, 1, 1, 1, 2, 4],
    [2, 2, 2, 2, 3, 3, 3, 0],
    [0, 0, 4, 4, 4, 4, 4, 1],
    [0, 0, 0, 0, 0, 1, 1, 2],
    [0, 0, 0, 0, 0, 0, 3, 3],
])  # fmt: skip


def toy(n_train: int = 4000, n_test: int = 1000) -> Corpus:
    """Return the corpus, with texts of about so many tokens."""
    words = ("</s>", *(f"{kind}{k}" for kind in "abcd" for k in range(WORDS)))
    texts = [_text(k, n) for k, n in enumerate((n_train, n_test, n_test))]
    return Corpus("toy", Vocabulary(words), *texts)


def log_probabilities(text: np.ndarray) -> np.ndarray:
    """Return the true ln p of each token given those before it, (token,)."""
    now, before = kinds(text), kinds(np.concatenate([[END], text[:-1]]))
    chances = np.stack([np.equal(NEXT, kind).mean(axis=1) for kind in range(5)], axis=1)
    return np.log(chances[before, now] / np.where(now == 4, 1, WORDS))


def kinds(text: np.ndarray) -> np.ndarray:
    """Return the kind of each word, 4 for ``</s>``."""
    return np.where(text == END, 4, (text - 1) // WORDS)


def _text(k: int, n: int) -> np.ndarray:
    """Return the k-th text: n tokens, and the rest of the last sentence."""
    first = draws.words(0, "set", k, 1, 0, 2 * (n + 1000))[0].reshape(-1, 2)
    found, kind = [], 4
    for choice, word in first.tolist():
        kind = int(NEXT[kind, choice >> 29])
        found.append(END if kind == 4 else 1 + kind * WORDS + (word >> 29))
        if kind == 4 and len(found) >= n:
            break
    return np.array(found, np.int32)
