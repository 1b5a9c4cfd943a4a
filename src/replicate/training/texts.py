"""The texts that language models are trained on, by the name of their corpus."""

from replicate import corpora
from replicate.corpora import Corpus
from replicate.language import accounts
from replicate.language.toy import toy


def corpus(name: str) -> Corpus:
    """Return a corpus: its vocabulary and its three texts; ``toy`` needs no data."""
    return toy() if name == "toy" else corpora.load(name)


def here(name: str) -> bool:
    """Return whether the texts of a corpus are found."""
    return name == "toy" or accounts.here(corpora.entry(name))
