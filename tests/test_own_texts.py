"""The texts that the project's manifest names: they are what it says."""

import re
from pathlib import Path

import pytest

from replicate import corpora
from replicate.language import accounts, preparation
from replicate.language.vocabulary import boundaries

PROJECT = Path(__file__).parents[1]


def own(name):
    """Return an entry of the project's manifest; skip where its files are not found."""
    corpus = corpora.entry(name)
    if not accounts.here(corpus):
        pytest.skip(f"{name} is not here: let {corpora.FOLDER} name a folder that holds it")
    return corpus


def test_the_manifest_says_everything_of_every_corpus():
    for name, corpus in corpora.entries().items():
        assert corpus.open or not list(corpora.shipped().glob(f"{name}.*"))
        assert all([corpus.title, corpus.licence, corpus.split, corpus.tokenisation])
        assert (corpus.source is not None) == (name in preparation.PREPARATIONS)
        for text in corpus.files.values():
            assert text.tokens == text.lines + text.words
            assert re.fullmatch("[0-9a-f]{64}", text.sha256)
            assert text.address is None or text.address.startswith("https://")


def test_the_tokens_of_the_penn_treebank_are_those_that_papers_state():
    treebank = corpora.entry("ptb")
    assert [text.tokens for text in treebank.files.values()] == [929_589, 73_760, 82_430]
    assert treebank.vocabulary == 10_000
    assert not treebank.open


def test_the_shipped_text_is_small_open_and_right():
    sizes = [path.stat().st_size for path in (PROJECT / "data/corpora").iterdir()]
    assert len(sizes) == 3
    assert sum(sizes) < 1_500_000
    bible = corpora.entry("bible")
    assert bible.open
    assert len(list(accounts.checked(bible))) >= 3
    loaded = corpora.load("bible")
    for split in preparation.SPLITS:
        ids = getattr(loaded, split)
        assert len(ids) == bible.files[split].tokens
        bounds = boundaries(ids, loaded.vocabulary.end)
        assert len(bounds) - 1 == bible.files[split].lines


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["ptb", "wikitext2", "eltec_fra"])
def test_the_texts_that_are_no_part_of_the_project_are_right(name):
    assert len(list(accounts.checked(own(name)))) >= 3
