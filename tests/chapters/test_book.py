"""Making the book: what is executed again, what stops the build, what is published."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from replicate.chapters.book import book
from replicate.errors import ReplicateError
from tests.toy_book import notebook, write


def build() -> list[str]:
    """Build the book and return what was said, without the seconds."""
    said: list[str] = []
    book(say=said.append)
    return sorted(line.split(" in ")[0] for line in said)


@pytest.mark.slow
def test_only_what_changed_is_made_again(toy_book):
    assert build() == ["building the pages", "executed page", "executed paper/1-toy"]
    html = toy_book / "_build/html"
    assert "chapters/index.html" in (html / "index.html").read_text()
    published = json.loads((html / "_sources/chapters/paper/1-toy.ipynb").read_text())
    assert published["cells"][2]["outputs"]
    assert "It says <span" in (html / "chapters/paper/1-toy.html").read_text()
    assert build() == ["the pages are up to date"]
    (toy_book / "data/runs/hochreiter1997/adding.jsonl").write_text("\n")
    assert build() == ["building the pages", "executed page", "executed paper/1-toy"]
    (toy_book / "chapters/index.md").write_text("# Another index\n")
    assert build() == ["building the pages"]
    assert "Another index" in (html / "chapters/index.html").read_text()


@pytest.mark.slow
def test_a_second_build_waits_for_the_first(toy_book):
    with ThreadPoolExecutor(2) as both:
        one, other = sorted(both.map(lambda _: build(), range(2)), key=len)
    assert one == ["the pages are up to date"]
    assert other == ["building the pages", "executed page", "executed paper/1-toy"]


def test_a_notebook_that_raises_fails_the_build(toy_book):
    cells = new_markdown_cell("# Page"), new_code_cell("raise ValueError('no such trial')")
    write(toy_book / "chapters/page.ipynb", notebook(*cells))
    with pytest.raises(ReplicateError, match="page: cell 1 raised ValueError: no such trial"):
        build()
    assert (toy_book / "_build/chapters/paper/1-toy.ipynb").exists()
    assert not (toy_book / "_build/html").exists()


@pytest.mark.slow
def test_a_warning_fails_the_build_each_time(toy_book):
    (toy_book / "chapters/index.md").write_text("# Index\n\n{numref}`nowhere`\n")
    for _ in range(2):
        with pytest.raises(ReplicateError, match=r"chapters/index\.md:3: WARNING.*nowhere"):
            build()
