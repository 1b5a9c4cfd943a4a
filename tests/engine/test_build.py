"""What is compiled: freestanding, without a fused operation, and refused clearly."""

import shutil
import subprocess

import pytest

from replicate.engine import build

LIBRARIES = [build.library(build.LIBRARIES, variant) for variant in build.VARIANTS]


def test_the_wasm_module_is_small_and_needs_nothing(wasm, wasm_file):
    assert wasm.module.imports == []
    assert wasm_file.stat().st_size < 90_000
    exported = {export.name for export in wasm.module.exports}
    assert exported >= {"memory", "__heap_base", "draw_words", "draw_uniform", "draw_normal"}
    for precision in ("f64", "f32"):
        assert exported >= {f"walk_{precision}", f"workspace_size_{precision}"}


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
@pytest.mark.skipif(not shutil.which("objdump"), reason="there is no objdump to look with")
def test_no_multiplication_is_fused_with_an_addition(library):
    command = ["objdump", "--disassemble", "--no-show-raw-insn", str(library)]
    code = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "mul" in code
    for fused in ("vfmadd", "vfmsub", "vfnmadd", "vfnmsub", "fmla", "fmadd"):
        assert fused not in code


@pytest.mark.skipif(not shutil.which("nm"), reason="there is no nm to look with")
@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_the_library_calls_no_function_of_the_system(library):
    command = ["nm", "--dynamic", "--undefined-only", str(library)]
    assert subprocess.run(command, capture_output=True, check=True).stdout.split() == []


def test_a_compiler_that_fails_is_quoted(tmp_path, monkeypatch):
    sources = tmp_path / "c"
    sources.mkdir()
    (sources / "broken.c").write_text("int f(void) { return nonsense; }\n")
    monkeypatch.setattr(build, "SOURCES", sources)
    with pytest.raises(RuntimeError, match="nonsense"):
        build.build(tmp_path / "lib")
    assert list((tmp_path / "lib").iterdir()) == []


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_the_library_names_no_folder_of_the_machine_that_compiled_it(library):
    assert str(build.SOURCES).encode() not in library.read_bytes()
