"""Words and ids: order, ends, unknown words, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import ReplicateError
from replicate.language.vocabulary import Vocabulary, boundaries, sentences

words = st.text("abcdé'-.", min_size=1, max_size=3)
lines = st.lists(st.lists(words, max_size=5).map(" ".join), min_size=1, max_size=8)


def test_words_are_sorted_by_count_then_by_first_appearance():
    known = Vocabulary.of(["b a", "a c b b", "d"])
    assert known.words == ("b", "</s>", "a", "c", "d")
    assert (known.end, known.unknown, len(known)) == (1, None, 5)


def test_each_sentence_ends_with_the_end_a_blank_one_too():
    known = Vocabulary.of([" b a ", "", "a"])
    ids = known.encode(["a b", "", "b"])
    assert ids.dtype == np.int32
    assert [known.words[i] for i in ids] == ["a", "b", "</s>", "</s>", "b", "</s>"]
    assert boundaries(ids, known.end).tolist() == [0, 3, 4, 6]


def test_a_last_sentence_may_be_unfinished():
    known = Vocabulary.of(["a b"])
    ids = known.encode(["a", "b a"])[:-1]
    assert boundaries(ids, known.end).tolist() == [0, 2, 4]
    assert known.decode(ids) == ["a", "b a"]


def test_no_text_is_no_sentence():
    known = Vocabulary.of([])
    assert known.words == ("</s>",)
    assert boundaries(known.encode([]), known.end).tolist() == [0]
    assert known.decode(known.encode([])) == []


@given(lines)
def test_decoding_undoes_encoding(text):
    known = Vocabulary.of(text)
    ids = known.encode(text)
    assert known.decode(ids) == text
    assert len(ids) == sum(len(line.split()) for line in text) + len(text)
    counts = np.bincount(ids, minlength=len(known))
    assert (np.diff(counts) <= 0).all()


def test_unknown_words_become_unk_where_there_is_one():
    known = Vocabulary.of(["a <unk> b"])
    assert known.decode(known.encode(["z a y"])) == ["<unk> a <unk>"]


def test_an_unknown_word_is_otherwise_an_error_that_says_what_to_do():
    with pytest.raises(ReplicateError, match=r"'z' is not in the vocabulary.*put <unk> in pla"):
        Vocabulary.of(["a b"]).encode(["a z b"])


@pytest.mark.parametrize("bad", [("a", "</s>", "a"), ("a", "b")])
def test_a_vocabulary_has_each_word_once_and_an_end(bad):
    with pytest.raises(ReplicateError, match=r"each of its words once, </s> among them"):
        Vocabulary(bad)


def test_no_text_spells_the_end():
    with pytest.raises(ReplicateError, match=r"a text spells </s>.*'a </s> b'"):
        Vocabulary.of(["a </s> b"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("\n", [""]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("a\u2028b\x85c\x0bd\r\n", ["a\u2028b\x85c\x0bd\r"]),
    ],
)
def test_only_a_line_feed_ends_a_sentence(text, found):
    assert sentences(text) == found
