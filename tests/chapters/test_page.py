"""The page of a rerun: everything is inside, and MyST reads as plain text."""

import re

from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from replicate.chapters import page
from tests.toy_book import notebook

MYST = """\
# Adding {math}`a+b`

It took {glue:text}`sequences:,.0f` and {glue:text}`plain`, see {numref}`the figure <fig-x>`.

```{glue} table
```

(a-label)=
```{admonition} Reading
:class: tip
The marker is $-1$.
```

:::{math}
:label: eq
s = y
:::
"""


def made():
    glued = new_output(
        "display_data",
        data={"application/papermill.record/text/plain": "74321.5"},
        metadata={"scrapbook": {"name": "sequences", "mime_prefix": "application/"}},
    )
    word = new_output(
        "display_data",
        data={"text/plain": "'a word'"},
        metadata={"scrapbook": {"name": "plain"}},
    )
    table = new_output(
        "display_data",
        data={
            "x/text/html": "<table>\n\n<tr><td>93 weights</td></tr></table>",
            "x/text/plain": "?",
        },
        metadata={"scrapbook": {"name": "table", "mime_prefix": "x/"}},
    )
    hidden = new_code_cell("secret = 1", metadata={"tags": ["remove-cell"]})
    folded = new_code_cell("secret = 2", metadata={"tags": ["hide-input"]})
    cell = new_code_cell("x = 1", outputs=[glued, word, table])
    return page.html(notebook(new_markdown_cell(MYST), cell, hidden, folded), "The title")


def test_roles_and_directives_are_plain_text():
    text = re.sub(r"<[^>]+>", "", made().split("<main>")[1])
    assert "Adding $a+b$" in text
    assert "It took 74,322 and a word, see the figure." in text
    assert "Reading" in text
    assert "The marker is $-1$." in text
    assert "$$\ns = y\n$$" in text
    for trace in ("{glue", "{numref", "{admonition", ":class:", ":label:", "a-label", "secret"):
        assert trace not in text


def test_a_glued_output_is_shown_where_the_text_asks_for_it():
    assert made().count("<td>93 weights</td>") == 1


def test_nothing_is_loaded_from_another_file():
    html = made()
    assert "<title>The title</title>" in html
    assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?!data:)', html)
    assert not re.findall(r"<link[^>]+href=", html)
    assert not re.findall(r"@import|url\((?![\"']?data:)[\"']?\w+:", html)
    assert "mathjax" in html.lower()
