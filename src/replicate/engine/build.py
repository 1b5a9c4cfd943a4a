"""Compile the engine: shared libraries for this machine, a module for the browser.

Needs nothing but the standard library and a C compiler: the one of the ``ziglang`` package by
default, since every machine can have that, or any other given as a command. No flag may let a
compiler fuse or reorder arithmetic: results must be the same to the last bit everywhere.

    python -m replicate.engine.build [COMPILER …]
"""

import platform
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent / "c"
LIBRARIES = Path(__file__).parent / "lib"
SUFFIX = {"Darwin": ".dylib", "Windows": ".dll"}.get(platform.system(), ".so")
X86_64 = platform.machine().lower() in ("x86_64", "amd64")

EXACT = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fomit-frame-pointer"]
FREE = ["-std=gnu11", "-ffreestanding", "-nostdlib", "-Wall", "-Wextra", "-Wno-psabi"]
SHARED = ["-shared", "-s", "-fPIC", "-fvisibility=hidden"]
VARIANTS = {"baseline": [], "avx2": ["-mavx2", "-mno-fma"]} if X86_64 else {"baseline": []}


def zig() -> list[str]:
    """Return the command of the packaged compiler."""
    return [sys.executable, "-m", "ziglang", "cc"]


def zig_target() -> list[str]:
    """Return the flags that keep ``zig cc`` from compiling for just this processor."""
    machine = "x86_64" if X86_64 else "aarch64"
    system = {"Darwin": "macos", "Windows": "windows-gnu"}.get(platform.system(), "linux-gnu")
    return ["-target", f"{machine}-{system}", "-mcpu=baseline"]


def library(folder: Path, variant: str) -> Path:
    """Return where ``build`` puts the library of a variant."""
    return folder / f"engine-{variant}{SUFFIX}"


def build(folder: Path = LIBRARIES, compiler: list[str] | None = None) -> list[Path]:
    """Compile the shared library of each variant into a folder and return their paths.

    Raises ``RuntimeError`` with the compiler's own words if it fails.
    """
    command = [*compiler] if compiler else [*zig(), *zig_target()]
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for variant, flags in VARIANTS.items():
        target = library(folder, variant)
        _compile([*command, *EXACT, *FREE, *SHARED, *flags], target)
        made.append(target)
    return made


def wasm(target: Path) -> Path:
    """Compile the engine as a freestanding WebAssembly module and return its path."""
    flags = ["-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory"]
    linked = ["-Wl,--no-entry", "-Wl,--strip-all", "-Wl,--export=__heap_base"]
    _compile([*zig(), *flags, *EXACT, "-Os", *FREE, *linked], target)
    return target


def _compile(command: list[str], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
        done = subprocess.run(
            [*command, *sources, "-o", str(made)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"cannot compile the engine:\n{done.stderr}")
        made.replace(target)


if __name__ == "__main__":
    for path in build(compiler=sys.argv[1:] or None):
        print(path.name)
