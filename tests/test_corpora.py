"""Corpora: found in three places, read only if they are right, counted exactly."""

import gzip
import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from replicate import corpora
from replicate.errors import ReplicateError
from replicate.language import accounts, preparation

TEXTS = {"train": "b a <unk>\na b b\n\n", "valid": "a c\n", "test": "b\nb"}
SOURCE = "B! a\n"
ENDS = {"train": 3, "valid": 1, "test": 2}


def sums(text):
    content = text.encode()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def files(texts, **more):
    return {
        split: sums(text)
        | {
            "lines": ENDS[split],
            "words": len(text.split()),
            "tokens": len(text.split()) + ENDS[split],
            "unknown": {"train": 1, "valid": 1, "test": 0}[split],
        }
        | {key: value[split] for key, value in more.items()}
        for split, text in texts.items()
    }


def words(**more):
    about = ("title", "language", "licence", "split", "tokenisation", "origin")
    return {key: f"some {key}" for key in about} | {"open": True, "vocabulary": 4} | more


@pytest.fixture
def project(project, monkeypatch):
    """Have a manifest of ``toy``, at no address, and of ``made``, made from raw.txt."""
    monkeypatch.delenv(corpora.FOLDER, raising=False)
    monkeypatch.setitem(preparation.PREPARATIONS, "made", lambda _: TEXTS)
    source = {"file": "raw.txt", **sums(SOURCE)}
    manifest(
        project, toy=words(files=files(TEXTS)), made=words(files=files(TEXTS), source=source)
    )
    return project


def manifest(project, **said):
    (project / "data").mkdir(exist_ok=True)
    (project / "data/corpora.yml").write_text(yaml.safe_dump(said))


def put(folder, name="toy", packed=False, **texts):
    folder.mkdir(parents=True, exist_ok=True)
    for split, text in (TEXTS | texts).items():
        path = folder / f"{name}.{split}.txt"
        path.write_text(text)
        if packed:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "place", ["data/corpora", "_build/corpora", "mine", "mine/a", "mine/a/b"]
)
def test_a_corpus_is_found_in_each_place(project, monkeypatch, place, packed):
    put(project / place, packed=packed)
    monkeypatch.setenv(corpora.FOLDER, str(project / "mine")) if "mine" in place else None
    found = corpora.load("toy")
    assert (found.name, found.vocabulary.words) == ("toy", ("b", "</s>", "a", "<unk>"))
    assert found.train.tolist() == [0, 2, 3, 1, 2, 0, 0, 1, 1]
    assert (found.valid.tolist(), found.test.tolist()) == ([2, 3, 1], [0, 1, 0, 1])
    assert found.train.dtype == found.valid.dtype == found.test.dtype == np.int32


def test_a_corpus_that_is_nowhere_says_how_to_have_it(project):
    with pytest.raises(ReplicateError) as refusal:
        corpora.load("toy")
    for way in (
        "toy.train.txt is not here",
        "run replicate data get toy",
        "let REPLICATE_CORPORA name a folder",
        f"put it into {project}/_build/corpora",
    ):
        assert way in str(refusal.value)


def test_a_name_or_a_folder_that_is_not_there(project, monkeypatch):
    with pytest.raises(ReplicateError, match="no corpus 'toi'; there are made, toy"):
        corpora.load("toi")
    monkeypatch.setenv(corpora.FOLDER, str(project / "mine"))
    with pytest.raises(ReplicateError, match=r"REPLICATE_CORPORA=.*mine is no folder"):
        corpora.load("toy")


@pytest.mark.parametrize("packed", [False, True])
def test_another_text_is_refused_with_both_sums(project, packed):
    put(project / "data/corpora", valid="a d\n", packed=packed)
    with pytest.raises(ReplicateError, match=r"toy.valid.txt.* is another text") as refusal:
        corpora.load("toy")
    assert sums("a d\n")["sha256"] in str(refusal.value)
    assert sums(TEXTS["valid"])["sha256"] in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no gzip", id="not packed"),
        pytest.param(gzip.compress(b"a c\n")[:-3], id="cut off"),  # its bytes hold the time
        pytest.param(b"", id="empty"),
    ],
)
def test_a_broken_packed_file_is_told(project, content):
    put(project / "data/corpora")
    (project / "data/corpora/toy.valid.txt").unlink()
    (project / "data/corpora/toy.valid.txt.gz").write_bytes(content)
    with pytest.raises(ReplicateError, match=r"cannot read .*gz: |gz is another text"):
        corpora.load("toy")


@pytest.mark.parametrize(
    "text", ["[", "toy: 1", "toy: {files: {}}", "- toy", f"toy: {words()}", ""]
)
def test_a_spoilt_manifest_is_told(project, text):
    (project / "data/corpora.yml").write_text(text)
    with pytest.raises(ReplicateError, match=r"corpora.yml: "):
        corpora.load("toy")


def test_get_downloads_what_is_missing(project, said):
    put(project / "elsewhere")
    put(project / "data/corpora")
    (project / "data/corpora/toy.test.txt").unlink()
    at = {s: (project / f"elsewhere/toy.{s}.txt").as_uri() for s in TEXTS}
    manifest(project, toy=words(files=files(TEXTS, address=at)))
    status, out, _ = said("data", "get", "toy")
    assert (status, out[0]) == (0, "toy: some licence")
    assert [line.rpartition("corpora/")[2] for line in out[1:]] == [
        "toy.train.txt", "toy.valid.txt", "toy.test.txt",
    ]  # fmt: skip
    assert (project / "_build/corpora/toy.test.txt").read_text() == TEXTS["test"]
    assert len(corpora.load("toy").test) == 4


def test_get_refuses_a_text_that_is_not_the_manifest_s(project, said):
    put(project / "_build/corpora", valid="")
    for command in ("get", "check"):
        status, _, err = said("data", command, "toy")
        assert status == 1
        assert re.search(
            r"toy.valid.txt is another .*; remove it, and run replicate data get toy", err[0]
        )


def test_check_looks_at_every_corpus_before_it_fails(project, said):
    put(project / "_build/corpora", test="")
    put(project / "_build/corpora", "made", train="b\n")
    manifest(project, **{n: words(files=files(TEXTS)) for n in ("toy", "made")})
    status, _, err = said("data", "check")
    assert status == 1
    assert [re.search(r"\w+\.\w+\.txt", line)[0] for line in err] == [
        "made.train.txt", "toy.test.txt",
    ]  # fmt: skip


def test_a_folder_that_may_not_be_read_is_passed_over(project, monkeypatch):
    put(project / "mine/lost+found", valid="a d\n")
    put(project / "_build/corpora")
    monkeypatch.setenv(corpora.FOLDER, str(project / "mine"))
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != "lost+found")
    assert len(corpora.load("toy").valid) == 3


def test_get_without_an_address_says_so(project, said):
    status, _, err = said("data", "get", "toy")
    assert status == 1
    assert "no address is known for toy.train.txt (some origin): let REPLICATE_CORP" in err[0]


def test_get_makes_a_corpus_from_its_source(project, monkeypatch, said):
    status, _, err = said("data", "get", "made")
    assert status == 1
    assert "raw.txt, which made is made from, is not here" in err[0]
    (project / "mine").mkdir()
    (project / "mine/raw.txt").write_text(SOURCE)
    monkeypatch.setenv(corpora.FOLDER, str(project / "mine"))
    assert said("data", "get", "made")[0] == 0
    built = project / "_build/corpora"
    assert sorted(path.name for path in built.iterdir()) == [
        "made.test.txt.gz", "made.train.txt.gz", "made.valid.txt.gz",
    ]  # fmt: skip
    once = (built / "made.train.txt.gz").read_bytes()
    corpora.make("made", built)
    assert (built / "made.train.txt.gz").read_bytes() == once
    status, out, _ = said("data", "check", "made")
    assert (status, out[-1]) == (0, "made: made again from raw.txt, the same")


def test_a_preparation_that_makes_another_text_writes_nothing(project, monkeypatch):
    put(project / "_build/corpora", "raw")
    (project / "data/corpora").mkdir()
    (project / "data/corpora/raw.txt").write_text(SOURCE)
    monkeypatch.setitem(preparation.PREPARATIONS, "made", lambda _: TEXTS | {"test": "c\n"})
    with pytest.raises(ReplicateError, match=r"made.test, made from raw.txt, is another text"):
        corpora.get("made")
    assert not list((project / "_build/corpora").glob("made*"))


def test_a_full_disk_or_a_folder_that_cannot_be_written(project):
    (project / "data/corpora").mkdir()
    (project / "data/corpora/raw.txt").write_text(SOURCE)
    (project / "_build").touch()
    with pytest.raises(ReplicateError, match=r"cannot write .*made.train.txt.gz: Not a direc"):
        corpora.get("made")
    if Path("/dev/full").exists():
        full = project / "full"
        full.mkdir()
        (full / "made.train.txt.gz.part").symlink_to("/dev/full")
        with pytest.raises(ReplicateError, match="No space left on device"):
            corpora.make("made", full)
        assert not list(full.iterdir())


def test_list_says_where_a_corpus_lies(project, monkeypatch, said):
    def states():
        status, out, _ = said("data", "list")
        assert status == 0
        return [re.split("  +", line)[4] for line in out]

    assert states() == ["not here", "not here"]
    put(project / "_build/corpora")
    assert states() == ["not here", "in _build/corpora"]
    put(project / "mine")
    monkeypatch.setenv(corpora.FOLDER, str(project / "mine"))
    assert states() == ["not here", "in REPLICATE_CORPORA"]
    put(project / "data/corpora")
    assert states() == ["not here", "shipped"]
    assert said("data", "list")[1][1].split("  ")[2:4] == ["9 / 3 / 4 tokens", "4 words"]


def test_check_counts_every_token(project, said):
    put(project / "data/corpora")
    assert said("data", "check", "toy")[1] == [
        "toy.train.txt: 6 words + 3 line ends = 9 tokens, 1 of them <unk>",
        "toy.valid.txt: 2 words + 1 line ends = 3 tokens, 1 of them <unk>",
        "toy.test.txt: 2 words + 2 line ends = 4 tokens, 0 of them <unk>",
    ]
    status, out, _ = said("data", "check")
    assert (status, out[0]) == (0, "made: not here; replicate data get made")
    status, _, err = said("data", "check", "made")
    assert (status, len(err)) == (1, 1)


@pytest.mark.parametrize("what", ["lines", "words", "tokens", "unknown"])
def test_check_refuses_a_manifest_that_counts_otherwise(project, what):
    put(project / "data/corpora")
    counts = files(TEXTS)
    counts["valid"][what] += 1
    manifest(project, toy=words(files=counts))
    with pytest.raises(
        ReplicateError, match=rf"toy.valid.txt: {what} = \d in the manifest, and"
    ):
        list(accounts.checked(corpora.entry("toy")))
    manifest(project, toy=words(files=files(TEXTS), vocabulary=5))
    with pytest.raises(ReplicateError, match="toy: vocabulary = 5 in the manifest, and 4 here"):
        list(accounts.checked(corpora.entry("toy")))
