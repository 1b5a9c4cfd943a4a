"""The engine's WebAssembly module, compiled once."""

import pytest

from replicate.engine import build
from tests.engine.wasm_engine import WasmEngine


@pytest.fixture(scope="session")
def wasm_file(tmp_path_factory):
    return build.wasm(tmp_path_factory.mktemp("wasm") / "engine.wasm")


@pytest.fixture(scope="session")
def wasm(wasm_file):
    return WasmEngine(wasm_file)
