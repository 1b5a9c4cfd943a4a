"""Texts for language models: what each must hold, where it lies, and how it is got.

``data/corpora.yml`` names them. A corpus is three files, ``NAME.train.txt``, ``.valid`` and
``.test``, plain or packed as ``.gz``, each found in the first place that has it:
``data/corpora`` (texts that ship with the project), the folder that ``REPLICATE_CORPORA`` names
and two levels of folders in it, and ``_build/corpora``, which ``replicate data get`` fills. A
text is read only if its SHA-256 is the manifest's.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from replicate.downloads import download, verify
from replicate.errors import ReplicateError
from replicate.language.preparation import PREPARATIONS, SPLITS
from replicate.language.vocabulary import Vocabulary, sentences
from replicate.root import root

FOLDER = "REPLICATE_CORPORA"
"""The environment variable that names a folder of texts."""


@dataclass(frozen=True)
class Text:
    """A file of the manifest, as it is unpacked; a source is not counted."""

    file: str
    sha256: str
    bytes: int
    lines: int = 0
    words: int = 0
    tokens: int = 0  # words, and an end for each line
    unknown: int = 0  # tokens that are <unk>
    address: str | None = None  # where it can be downloaded as it is


@dataclass(frozen=True)
class Entry:
    """What the manifest says of a corpus; the texts in it are in words."""

    name: str
    title: str
    language: str
    licence: str
    open: bool  # whether anybody may pass it on
    split: str
    tokenisation: str
    origin: str
    vocabulary: int  # how many words its training text has, the end among them
    files: dict[str, Text]
    source: Text | None = None  # what the project's own code makes the files from


@dataclass(frozen=True)
class Corpus:
    """A corpus as ids: (token,) int32 for each split, each sentence with its end."""

    name: str
    vocabulary: Vocabulary
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray


def load(name: str) -> Corpus:
    """Return a corpus; words that are not in its training text are unknown.

    Raises ``ReplicateError`` if a file is nowhere, which says how to get it, or is another.
    """
    corpus = entry(name)
    texts = {split: sentences(read(corpus, split)) for split in SPLITS}
    vocabulary = Vocabulary.of(texts["train"])
    return Corpus(name, vocabulary, *(vocabulary.encode(texts[split]) for split in SPLITS))


def entries() -> dict[str, Entry]:
    """Return what ``data/corpora.yml`` says, by name."""
    path = root() / "data" / "corpora.yml"
    try:
        said: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: _entry(name, dict(values)) for name, values in said.items()}
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise ReplicateError(f"{path.name}: {' '.join(str(error).split())}") from error


def _entry(name: str, values: dict[str, Any]) -> Entry:
    files, source = values.pop("files"), values.pop("source", None)
    texts = {split: Text(f"{name}.{split}.txt", **files[split]) for split in SPLITS}
    return Entry(name, files=texts, source=Text(**source) if source else None, **values)


def entry(name: str) -> Entry:
    """Return what the manifest says of one corpus."""
    known = entries()
    if name not in known:
        raise ReplicateError(f"no corpus {name!r}; there are {', '.join(known)}")
    return known[name]


def find(text: Text) -> Path | None:
    """Return where a text lies, plain or packed; None if it is nowhere."""
    for folder in _folders():
        for path in (folder / text.file, folder / f"{text.file}.gz"):
            if path.is_file():
                return path
    return None


def shipped() -> Path:
    """Return the folder of the texts that are part of the project."""
    return root() / "data" / "corpora"


def cache() -> Path:
    """Return the folder of the texts that ``get`` brought or made."""
    return root() / "_build" / "corpora"


def _folders() -> Iterator[Path]:
    yield shipped()
    named = os.environ.get(FOLDER)
    if named:
        folder = Path(named)
        if not folder.is_dir():
            raise ReplicateError(f"{FOLDER}={named} is no folder; name the one with the texts")
        yield folder
        for below in ("*", "*/*"):
            inside = (path for path in folder.glob(below) if path.is_dir())
            yield from sorted(path for path in inside if os.access(path, os.R_OK | os.X_OK))
    yield cache()


def read(corpus: Entry, split: str) -> str:
    """Return the text of a split, one sentence a line; no other than the manifest's."""
    text = corpus.files[split]
    path = find(text)
    if path is None:
        raise ReplicateError(
            f"{text.file} is not here: run replicate data get {corpus.name}, or let {FOLDER} "
            f"name a folder that holds it, plain or as .gz, or put it into {cache()}"
        )
    try:
        return _unpacked(path, text)
    except ReplicateError as error:
        raise ReplicateError(
            f"{error}; remove it, and run replicate data get {corpus.name}"
        ) from error


def _unpacked(path: Path, text: Text) -> str:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ReplicateError(f"cannot read {path}: {error}") from error
    verify(content, text.sha256, str(path))
    return content.decode("utf-8")


def get(name: str) -> list[Path]:
    """Bring what is missing of a corpus to the cache; return where its three files lie.

    A corpus with a source is made from it; any other is downloaded. Raises ``ReplicateError``
    if a file that is here is another text.
    """
    corpus = entry(name)
    missing = []
    for split, text in corpus.files.items():
        if find(text) is None:
            missing.append(text)
        else:
            read(corpus, split)
    if missing and corpus.source:
        make(name, cache())
    for text in [] if corpus.source else missing:
        if text.address is None:
            raise ReplicateError(
                f"no address is known for {text.file} ({corpus.origin}): let {FOLDER} name a "
                "folder that holds it"
            )
        download(text.address, cache() / text.file, text.bytes, text.sha256)
    return [path for text in corpus.files.values() if (path := find(text))]


def make(name: str, folder: Path) -> None:
    """Make a corpus from its source, wherever that is found, and write its files, packed.

    Raises ``ReplicateError``, and writes nothing, if what comes out is not the manifest's.
    """
    corpus = entry(name)
    for split, text in made(corpus).items():
        path = folder / f"{corpus.files[split].file}.gz"
        part = path.with_name(f"{path.name}.part")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(gzip.compress(text.encode("utf-8"), 9, mtime=0))
            part.replace(path)
        except OSError as error:
            if part.exists():
                part.unlink()
            raise ReplicateError(f"cannot write {path}: {error.strerror}") from error


def made(corpus: Entry) -> dict[str, str]:
    """Return a corpus as made from its source now, by split."""
    if corpus.source is None:
        raise ReplicateError(f"{corpus.name} is not made here: it comes as it is")
    path = find(corpus.source)
    if path is None:
        raise ReplicateError(
            f"{corpus.source.file}, which {corpus.name} is made from, is not here: let "
            f"{FOLDER} name a folder that holds it ({corpus.origin})"
        )
    texts = PREPARATIONS[corpus.name](_unpacked(path, corpus.source))
    for split, text in texts.items():
        name = f"{corpus.name}.{split}, made from {corpus.source.file},"
        verify(text.encode("utf-8"), corpus.files[split].sha256, name)
    return texts
