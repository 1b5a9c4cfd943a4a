"""How raw texts become texts for language models: one sentence a line, words between blanks.

Everything is lower-cased; a number becomes the word ``N``, every other sign that is no letter
a word of its own, several points together as one ``…``. A word stays if the training text has
it twice or more and it is among the 9,998 most frequent there, the first to appear first where
counts are equal; any other becomes ``<unk>``, so that with this and the sentence end at most
10,000 words are known.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from replicate.language.vocabulary import UNKNOWN, Vocabulary, sentences

SPLITS = ("train", "valid", "test")
KEPT, SEEN = 9_998, 2
"""How many words are kept at most, and how often each is there at least."""

NUMBER = "N"
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
POINTS = re.compile(r"\.{2,}")
ENGLISH = re.compile(r"\d+|n't(?![^\W\d_])|[^\W\d_]+?(?=n't(?![^\W\d_]))|"
                     r"[^\W\d_]+|(?<=[^\W\d_])'[^\W\d_]+|\S")  # fmt: skip
"""Words of English: ``don't`` is do n't, ``god's`` is god 's, ``first-born`` first - born."""
FRENCH = re.compile(r"\d+|[^\W\d_]+'(?=[^\W\d_])|[^\W\d_]+|\S")
"""Words of French: ``l'hiver`` is l' hiver, ``dit-il`` is dit - il."""
PATTERNS = {"bible": ENGLISH, "eltec_fra": FRENCH}
"""Of the texts that are made here; those of others are met by ``fitted``."""

FIGURES = re.compile(r"\d+(?:[.,:/]\d+)*")
ENDINGS = ("n't", "'t", "'s", "'re", "'ve", "'ll", "'m", "'d")
"""What English texts part from a word, the first that they know: ``do n't`` or ``don 't``."""
INNER = re.compile(r"(?<=[^\W_])([-.,])(?=[^\W_])")
"""A sign within a word, which WikiText parts as ``@-@``."""

BOOKS = {"valid": (7, 20, 27, 44), "test": (6, 18, 43, 45)}
"""Judges, Proverbs, Daniel, Acts, and Joshua, Job, John, Romans, by place in the Bible."""

NOVELS = {"train": (0, 199_751), "valid": (199_751, 208_265), "test": (208_265, None)}
"""Paragraphs from and to, at beginnings of novels, which stand one after another."""
RUN, OF = 10, 80
"""The first 10 of every 80 paragraphs are taken, so that all novels are there."""
NOTE = re.compile(r"\[\d+\]")
# A sentence ends at . ! ? or … and what closes it, before a blank and a capital, a dash or a
# quotation; but not at the point of a single letter, as in M. Dupont, or of MM.
ENDS = re.compile(
    r"(?<!\b[^\W\d_]\.)(?<!\bMM\.)(?:(?<=[.!?…])|(?<=[.!?…][»)])|(?<=[.!?…]\s[»)]))"
    r"\s+(?=[A-ZÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŒÆ«—–])"
)


def bible(text: str) -> dict[str, str]:
    """Return the World English Bible by split, a verse a line, whole books in each.

    ``text``: lines of book:chapter:verse, English, French, between tabs. Brackets around words
    that translators supplied go; so do verses of the training text that valid or test repeats.
    """
    verses: dict[str, list[list[str]]] = {split: [] for split in SPLITS}
    of_book = {str(book): split for split, books in BOOKS.items() for book in books}
    for line in sentences(text):
        place, english, _ = line.split("\t")
        split = of_book.get(place.partition(":")[0], "train")
        verses[split].append(words(re.sub(r"[][]", "", english), ENGLISH))
    held_out = {tuple(verse) for verse in [*verses["valid"], *verses["test"]]}
    verses["train"] = [verse for verse in verses["train"] if tuple(verse) not in held_out]
    return _closed(verses)


def eltec_fra(text: str) -> dict[str, str]:
    """Return French novels by split, a sentence a line; ``text``: a paragraph a line."""
    paragraphs = sentences(text)
    parts = {split: paragraphs[slice(*NOVELS[split])] for split in SPLITS}
    return _closed(
        {
            split: [
                words(s, FRENCH) for i, p in enumerate(part) if i % OF < RUN for s in cut(p)
            ]
            for split, part in parts.items()
        }
    )


PREPARATIONS: dict[str, Callable[[str], dict[str, str]]] = {
    "bible": bible,
    "eltec_fra": eltec_fra,
}


def words(sentence: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the words of a sentence in a language."""
    plain = sentence.replace(APOSTROPHE, "'").replace("–", "—").lower()
    found = pattern.findall(POINTS.sub("…", plain))
    return [NUMBER if word.isdecimal() else word for word in found]


def tokens(sentence: str, corpus: str, known: Vocabulary) -> list[str]:
    """Return the words of a sentence as those of a corpus were found.

    What stands between blanks and is known is a word: a prepared sentence stays as it is.
    """
    pattern = PATTERNS.get(corpus)
    found: list[str] = []
    for piece in sentence.split():
        if piece in known:
            found.append(piece)
        elif pattern:
            found += words(piece, pattern)
        else:
            found += fitted(piece, known)
    return found


def fitted(piece: str, known: Vocabulary) -> list[str]:
    """Return the words of an English piece as a text of others knows them.

    Signs around a word are parted from it until it is known; those that the text lacks go. For
    the Penn Treebank ``(Mr.`` is mr., ``Ford's,`` is ford 's, ``$1,000.`` is $ N.
    """
    word = piece.replace(APOSTROPHE, "'")
    before: list[str] = []
    after: list[str] = []
    while word and _form(word, known) not in known:
        if not word[0].isalnum():
            before, word = [*before, word[0]], word[1:]
        elif not word[-1].isalnum():
            after, word = [word[-1], *after], word[:-1]
        else:
            break
    ending = next((e for e in ENDINGS if e in known and word.lower().endswith(e)), "")
    stem = word[: len(word) - len(ending)]
    if "@-@" in known and stem not in known:
        stem = INNER.sub(r" @\1@ ", stem)
    forms = [_form(part, known) for part in [*before, *stem.split(), ending, *after]]
    return [form for form in forms if form in known or any(map(str.isalnum, form))]


def _form(word: str, known: Vocabulary) -> str:
    """Return a word as a text spells it: in lower case or not, numbers as N or in figures."""
    if word in known:
        return word
    if NUMBER in known and "1" not in known and FIGURES.fullmatch(word):
        return NUMBER
    return word.lower()


def cut(paragraph: str) -> Iterator[str]:
    """Yield the sentences of a French paragraph, without the marks of notes."""
    for sentence in ENDS.split(NOTE.sub(" ", paragraph).strip()):
        if sentence:
            yield sentence


def _closed(split: dict[str, list[list[str]]]) -> dict[str, str]:
    """Return the texts, with rare words of the training text, and unseen ones, as unknown."""
    counts = Counter(word for sentence in split["train"] for word in sentence)
    kept = {word for word, count in counts.most_common(KEPT) if count >= SEEN}
    return {
        name: "".join(
            " ".join(w if w in kept else UNKNOWN for w in sentence) + "\n" for sentence in part
        )
        for name, part in split.items()
    }
