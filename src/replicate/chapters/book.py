"""Make the book: execute what changed, assemble the sources, let Jupyter Book build the pages.

Jupyter Book alone lets a traceback pass, and a second build does not repeat the warnings of the
first. So a cell that raised stops the build here, and a build is either whole or not needed.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from replicate import locks
from replicate.chapters import cache, execution
from replicate.chapters.catalogue import FOLDER, Chapter, notebooks
from replicate.errors import ReplicateError
from replicate.root import root

JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
STAMP = "built-from.txt"


def book(jobs: int = 2, say: Callable[[str], None] = print) -> Path:
    """Execute stale notebooks, ``jobs`` at a time, and build the book; return its first page.

    Another build of this book is waited for. Raises ``ReplicateError`` with every notebook that
    failed, or with the warnings of Sphinx.
    """
    build = root() / "_build"
    build.mkdir(exist_ok=True)
    with (build / "book.lock").open("ab") as lock:
        locks.exclude(lock)
        pages = notebooks()
        execute_stale(pages, jobs, say)
        build_pages(assemble(pages, build / "book"), build / "html", say)
    return build / "html" / "index.html"


def build_pages(source: Path, html: Path, say: Callable[[str], None]) -> None:
    """Let Jupyter Book build the pages, all of them anew, unless they are of these sources."""
    stamp = _stamp(source)
    if (html / STAMP).is_file() and (html / STAMP).read_text() == stamp:
        say("the pages are up to date")
        return
    for stale in (html, html.parent / ".doctrees"):
        shutil.rmtree(stale, ignore_errors=True)
    say("building the pages")
    _sphinx(source)
    (html / STAMP).write_text(stamp)


def execute_stale(pages: list[Chapter], jobs: int, say: Callable[[str], None]) -> None:
    """Execute each notebook whose copy is missing or was made from other sources."""
    stale = [page for page in pages if cache.fresh(page) is None]
    failures = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(execute, page): page for page in stale}
        for done in as_completed(running):
            try:
                say(f"executed {running[done].name} in {done.result():.0f} s")
            except ReplicateError as error:
                failures.append(str(error))
    if failures:
        raise ReplicateError("the book was not built\n" + "\n".join(sorted(failures)))


def execute(page: Chapter) -> float:
    """Execute one notebook on one thread and keep the copy; return the seconds it took."""
    start = perf_counter()
    made_from = cache.key(page)
    cache.keep(page, execution.execute(page, environment=execution.ONE_THREAD), made_from)
    return perf_counter() - start


def assemble(pages: list[Chapter], target: Path) -> Path:
    """Lay out the sources of the book as in the project, with the executed notebooks."""
    base = root()
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        base / FOLDER, target / FOLDER, ignore=shutil.ignore_patterns("*.ipynb", ".*")
    )
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(base / name, target / name)
    for page in pages:
        copy = target / page.path.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(cache.executed_path(page), copy)
    return target


def _sphinx(source: Path) -> None:
    """Build with every warning an error; raises ``ReplicateError`` with what Sphinx said."""
    flags = ["--path-output", str(root()), "-W", "-n", "--keep-going", "-q"]
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(source), *flags]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).replace(f"{source}/", "")
        raise ReplicateError(f"the book was not built\n{said}")


def _stamp(source: Path) -> str:
    """Return the hash of the sources; the notebooks' keys stand for package and lock."""
    files = [path for path in source.rglob("*") if path.is_file()]
    return cache.digest([(path.relative_to(source).as_posix(), path) for path in files])
