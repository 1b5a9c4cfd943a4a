"""Which notebooks the book has, and what is said of any other name."""

import pytest

from replicate.chapters import catalogue
from replicate.errors import ReplicateError


def test_notebooks_of_the_table_in_its_order(toy_book):
    assert [n.name for n in catalogue.notebooks()] == ["paper/1-toy", "page"]
    assert [n.name for n in catalogue.chapters()] == ["paper/1-toy"]


def test_a_chapter_knows_title_and_experiments(toy_book):
    toy, page = catalogue.notebooks()
    assert (toy.title, toy.experiments) == ("The toy", ["hochreiter1997/adding"])
    assert (page.title, page.experiments) == ("Page", None)


@pytest.mark.parametrize(
    "name", ["paper/1-toy", "chapters/paper/1-toy.ipynb", "chapters/paper/1-toy"]
)
def test_a_chapter_is_found_by_name_or_path(toy_book, name):
    assert catalogue.find(name).path == toy_book / "chapters/paper/1-toy.ipynb"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("paper/1-tyo", "did you mean paper/1-toy?"),
        ("toy", "did you mean paper/1-toy?"),
        ("zzz", "`replicate list` shows them"),
        ("page", "`replicate list` shows them"),
        ("", "`replicate list` shows them"),
        ("../elsewhere/4-adding", "is outside chapters/"),
        ("/other.ipynb", "is outside chapters/"),
    ],
)
def test_any_other_name_is_an_error_that_helps(toy_book, name, said):
    with pytest.raises(ReplicateError) as raised:
        catalogue.find(name)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_page_that_is_not_there_is_an_error(toy_book):
    (toy_book / "chapters/index.md").unlink()
    with pytest.raises(ReplicateError, match="names chapters/index"):
        catalogue.notebooks()


def test_a_file_that_is_no_notebook_is_an_error(toy_book):
    (toy_book / "chapters/page.ipynb").write_text("{")
    with pytest.raises(ReplicateError, match=r"page\.ipynb is not a notebook"):
        _ = catalogue.notebooks()[1].title
