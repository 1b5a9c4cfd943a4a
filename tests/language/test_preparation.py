"""How texts are prepared: words, sentences, splits and rare words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate import corpora
from replicate.language import accounts, preparation
from replicate.language.preparation import (
    ENGLISH,
    FRENCH,
    PATTERNS,
    PREPARATIONS,
    bible,
    cut,
    eltec_fra,
    tokens,
    words,
)
from replicate.language.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ('God said, "Let there be light,"', 'god said , " let there be light , "'),
        ("Don't! God's Moses' first-born", "do n't ! god 's moses ' first - born"),
        ("I can't; won't, isn't n't", "i ca n't ; wo n't , is n't n't"),
        ("ant aunt n'thing", "ant aunt n 'thing"),
        ("'Come,' I'm 430 years... 2nd", "' come , ' i 'm N years … N nd"),
    ],
)
def test_words_of_english(sentence, found):
    assert words(sentence, ENGLISH) == found.split()


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Dit-il à l\u2019hiver qu'il", "dit - il à l' hiver qu' il"),
        ("— Hé ! aujourd'hui, 1 848 « œufs »", "— hé ! aujourd' hui , N N « œufs »"),
        ("Là !... – 'tiens'", "là ! … — ' tiens '"),
    ],
)
def test_words_of_french(sentence, found):
    assert words(sentence, FRENCH) == found.split()


@given(st.text(), st.sampled_from([ENGLISH, FRENCH]))
def test_no_sign_is_lost(sentence, pattern):
    plain = re.sub(r"\.{2,}", "…", sentence.replace("\u2019", "'").replace("–", "—").lower())
    plain = re.sub(r"\d+", "N", re.sub(r"\s", "", plain))
    assert re.sub(r"\d+", "N", "".join(words(sentence, pattern))) == plain


TREEBANK = Vocabulary.of(
    ["mr. smith 's company did n't sell at&t shares # & $ ' <unk> N of the u.s.", "he said no"]
)
WIKITEXT = Vocabulary.of(
    ["The the don 't . , \" @-@ @,@ @.@ red 1 20 000 N U.S. <unk>", "the company 's"]
)


OF_OTHERS = {
    ("ptb", TREEBANK): [
        ("mr. smith 's N shares # <unk>", "mr. smith 's N shares # <unk>"),
        ("Mr. Smith\u2019s company didn't sell.", "mr. smith 's company did n't sell"),
        ('"SMITH" (of AT&T) said: "No!"', "smith of at&t said no"),
        ("The U.S. of Mr. Smith's, the U.S.,", "the u.s. of mr. smith 's the u.s."),
        ("1,000 shares, $5.50 of 3% -- 1/2...", "N shares $ N of N N"),
        ("companies' third-quarter X's", "companies ' third-quarter x 's"),
        (" -- ! ", ""),
        ("", ""),
    ],
    ("wikitext2", WIKITEXT): [
        ("the red @-@ 20 @,@ 000 don 't N", "the red @-@ 20 @,@ 000 don 't N"),
        ("\"Don't,\" the U.S. company's.", "\" don 't , \" the U.S. company 's ."),
        ('"The RED 20,000-1.20 300.', '" The red 20 @,@ 000 @-@ 1 @.@ 20 300 .'),
    ],
}


@pytest.mark.parametrize(
    ("corpus", "known", "sentence", "found"),
    [(*of, *words) for of, cases in OF_OTHERS.items() for words in cases],
)
def test_words_are_found_as_those_of_a_text_of_others(corpus, known, sentence, found):
    assert tokens(sentence, corpus, known) == found.split()


@pytest.mark.parametrize(
    ("corpus", "known", "sentence", "found"),
    [
        ("bible", "'s n't N <unk>", "Don't fear God's 12 men!", "do n't fear god 's N men !"),
        ("bible", "'s n't N <unk>", "do n't 's N <unk>", "do n't 's N <unk>"),
        ("bible", "", "do n't 's N <unk>", "do n't ' s n < unk >"),
        ("eltec_fra", "l' <unk> N", "l' hiver <unk> L'hiver", "l' hiver <unk> l' hiver"),
        ("toy", "a0 b1", "a0 B1, it's", "a0 b1 it's"),
    ],
)
def test_what_is_known_between_blanks_is_not_cut_again(corpus, known, sentence, found):
    assert tokens(sentence, corpus, Vocabulary.of([known])) == found.split()


def test_every_text_that_is_made_here_has_a_pattern():
    assert PATTERNS.keys() == PREPARATIONS.keys()


OTHERS = [pytest.param(name, marks=pytest.mark.corpus) for name in ("ptb", "wikitext2")]


@pytest.mark.parametrize("name", ["bible", *OTHERS])
def test_prepared_texts_stay_as_they_are(name):
    if not accounts.here(corpora.entry(name)):
        pytest.skip(f"no {name}: let {corpora.FOLDER} name a folder that holds it")
    corpus = corpora.load(name)
    for line in corpus.vocabulary.decode(corpus.valid):
        assert tokens(line, name, corpus.vocabulary) == line.split()


@pytest.mark.parametrize(
    ("paragraph", "found"),
    [
        ("Habile [2] , habile. Bon ! voilà.", ["Habile , habile.", "Bon ! voilà."]),
        ("M. Dupont et MM. Roux vinrent. Ils", ["M. Dupont et MM. Roux vinrent.", "Ils"]),
        ("« Viens ! » — Non. Éric dit : « Oui. » Et", 
         ["« Viens ! »", "— Non.", "Éric dit : « Oui. »", "Et"]),
        ("La maison « Au Roux » Est (ici) Là", ["La maison « Au Roux » Est (ici) Là"]),
        ("Fin... Début ? peut-être… Oui", ["Fin...", "Début ? peut-être…", "Oui"]),
        (" [3] ", []),
    ],
)  # fmt: skip
def test_sentences_of_french(paragraph, found):
    assert [" ".join(each.split()) for each in cut(paragraph)] == found


def line(book, text):
    return f"{book}:1:1\t{text}\tle texte\n"


def test_the_bible_is_split_by_books_and_repeats_leave_the_training_text():
    text = "".join(
        [line(1, "In [the] beginning"), line(7, "Amen."), line(40, "In the beginning"),
         line(40, "Amen."), line(45, "The Amen once"), line(66, "Now once")]
    )  # fmt: skip
    assert bible(text) == {
        "train": "in the beginning\nin the beginning\n<unk> <unk>\n",
        "valid": "<unk> <unk>\n",
        "test": "the <unk> <unk>\n",
    }


def test_rare_words_are_unknown_and_the_first_to_appear_wins(monkeypatch):
    monkeypatch.setattr(preparation, "KEPT", 2)
    found = bible(line(1, "c b a b c a d a") + line(6, "a b c"))
    assert found["train"] == "c <unk> a <unk> c a <unk> a\n"
    assert found["test"] == "a <unk> c\n"


def test_novels_are_split_by_position_and_thinned(monkeypatch):
    parts = {"train": (0, 8), "valid": (8, 12), "test": (12, None)}
    monkeypatch.setattr(preparation, "NOVELS", parts)
    monkeypatch.setattr(preparation, "RUN", 1)
    monkeypatch.setattr(preparation, "OF", 4)
    text = "".join(f"Le mot {'x' * i}. Le mot\n" for i in range(2, 19))
    assert eltec_fra(text) == {
        "train": "le mot <unk> .\nle mot\n" * 2,
        "valid": "le mot <unk> .\nle mot\n",
        "test": "le mot <unk> .\nle mot\n" * 2,
    }
