"""What the corpora hold, counted: ``replicate data list`` and ``replicate data check``.

A token is a word or the end of a line; perplexities are means over these and no other.
"""

from collections.abc import Iterator

from replicate import corpora
from replicate.corpora import Entry
from replicate.errors import ReplicateError
from replicate.language.preparation import SPLITS
from replicate.language.vocabulary import UNKNOWN, Vocabulary, sentences


def listed() -> Iterator[tuple[str, ...]]:
    """Yield name, title, tokens, vocabulary, state and licence of each corpus."""
    for corpus in corpora.entries().values():
        tokens = " / ".join(f"{corpus.files[split].tokens:,}" for split in SPLITS)
        size = f"{corpus.vocabulary:,} words"
        rights = "open" if corpus.open else "not open"
        yield corpus.name, corpus.title, f"{tokens} tokens", size, state(corpus), rights


def state(corpus: Entry) -> str:
    """Return in a few words where a corpus lies: in the first place of its files."""
    places = [corpora.find(text) for text in corpus.files.values()]
    if not all(places):
        return "not here"
    folders = {path.parent for path in places if path}
    if folders == {corpora.shipped()}:
        return "shipped"
    ours = folders <= {corpora.shipped(), corpora.cache()}
    return "in _build/corpora" if ours else f"in {corpora.FOLDER}"


def here(corpus: Entry) -> bool:
    """Return whether all three files of a corpus are found."""
    return None not in map(corpora.find, corpus.files.values())


def checked(corpus: Entry) -> Iterator[str]:
    """Count a corpus anew and yield a line for each file that is as the manifest says.

    Where its source is found, it is made again. Raises ``ReplicateError`` at what differs.
    """
    texts = {split: sentences(corpora.read(corpus, split)) for split in SPLITS}
    vocabulary = Vocabulary.of(texts["train"])
    _same(corpus.name, "vocabulary", corpus.vocabulary, len(vocabulary))
    for split, lines in texts.items():
        said, ids = corpus.files[split], vocabulary.encode(lines)
        words = sum(len(line.split()) for line in lines)
        unknown = 0 if vocabulary.unknown is None else int((ids == vocabulary.unknown).sum())
        _same(said.file, "lines", said.lines, len(lines))
        _same(said.file, "words", said.words, words)
        _same(said.file, "tokens", said.tokens, len(ids))
        _same(said.file, "unknown", said.unknown, unknown)
        yield (
            f"{said.file}: {words:,} words + {len(lines):,} line ends = {len(ids):,} tokens, "
            f"{unknown:,} of them {UNKNOWN}"
        )
    if corpus.source and corpora.find(corpus.source):
        corpora.made(corpus)
        yield f"{corpus.name}: made again from {corpus.source.file}, the same"


def _same(name: str, what: str, said: int, found: int) -> None:
    if said != found:
        raise ReplicateError(f"{name}: {what} = {said} in the manifest, and {found} here")
