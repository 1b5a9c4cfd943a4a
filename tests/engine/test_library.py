"""Which compiled variant is taken, and that its structs are those of ``engine.h``."""

import ctypes
import re

import pytest

from replicate.engine import build, library
from replicate.errors import ReplicateError

HEADER = (build.SOURCES / "engine.h").read_text()
KINDS = {"int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64, "double": ctypes.c_double}


@pytest.fixture(autouse=True)
def _anew(monkeypatch):
    monkeypatch.delenv("REPLICATE_ENGINE", raising=False)
    library.engine.cache_clear()
    yield
    library.engine.cache_clear()


def test_the_fastest_variant_that_this_machine_runs():
    path = library.engine()._name
    fastest = "avx2" if library.engine().has_avx2() else "baseline"
    assert path == str(build.library(build.LIBRARIES, fastest))


@pytest.mark.parametrize("variant", build.VARIANTS)
def test_a_variant_may_be_named(monkeypatch, variant):
    monkeypatch.setenv("REPLICATE_ENGINE", variant)
    assert library.engine()._name == str(build.library(build.LIBRARIES, variant))


def test_not_compiled(monkeypatch, tmp_path):
    monkeypatch.setattr(build, "LIBRARIES", tmp_path)
    with pytest.raises(ReplicateError, match=r"engine-baseline.*replicate\.engine\.build"):
        library.engine()


@pytest.mark.parametrize("struct", [library.Net, library.Rule, library.Progress, library.Chunk])
def test_structs_are_those_of_the_header(struct):
    body = re.search(rf"struct {struct.__name__.lower()} {{(.*?)\n}};", HEADER, re.S)[1]
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    wanted = []
    for kind, names in re.findall(r"(?:const )?(\w+) ([^;]+);", body):
        for name in names.split(","):
            pointer = "*" in name
            wanted.append((name.strip(" *"), ctypes.c_void_p if pointer else KINDS[kind]))
    assert list(struct._fields_) == wanted


def test_constants_are_those_of_the_header():
    assert f"#define LANES {library.LANES}\n" in HEADER
    events = re.search(r"enum event { (.*?) }", HEADER)[1]
    assert tuple(events.lower().split(", ")) == library.EVENTS
    activations = re.search(r"enum activation { (.*?) }", HEADER)[1]
    assert tuple(activations.lower().split(", ")) == library.ACTIVATIONS
