"""The built book in headless Chromium, as a reader sees it: from a server and from a folder."""

import json
import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from itertools import product
from urllib.parse import urlsplit

import nbformat
import pytest

from replicate.chapters import cache, page
from replicate.chapters.book import book
from replicate.chapters.catalogue import notebooks, pages
from replicate.root import root

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = {"wide": 1400, "narrow": 390}
SCHEMES = ("light", "dark")
MATHS = "document.querySelectorAll('span.math, div.math').length"
TYPESET = "document.querySelectorAll('mjx-container').length"
BROKEN = """[...document.images]
    .filter(i => !i.alt.trim() || /[.](svg|png)$/.test(i.alt) || !i.complete || !i.naturalWidth)
    .map(i => i.outerHTML.slice(0, 200))"""


class Quiet(SimpleHTTPRequestHandler):
    """A server that prints nothing."""

    def log_message(self, *line):
        """Do not say who asked for what."""


@pytest.fixture(scope="module")
def html():
    """Build the book, or take it as it is when nothing changed; return its folder."""
    return book(say=lambda line: None).parent


@pytest.fixture(scope="module")
def server(html):
    """Serve the book on this machine; return its address."""
    handler = partial(Quiet, directory=str(html))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture(scope="module")
def browser():
    """Start Chromium; without it tests are skipped, but fail where CI is to provide it."""
    missing = [name for name in ("playwright", "axe_playwright_python") if not find_spec(name)]
    missing += [] if CHROMIUM else ["chromium"]
    if missing:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(f"not installed: {', '.join(missing)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser):
    """Open a page and note what goes wrong on it and whom it asks; fails if anything did."""
    context = browser.new_context()
    page = context.new_page()
    page.wrong, page.asked = [], set()
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("requestfailed", lambda r: page.wrong.append(f"failed {r.url}"))
    page.on("request", lambda r: page.asked.add(urlsplit(r.url)[:2]))
    yield page
    context.close()
    assert page.wrong == []


def show(tab, address):
    """Go to a page and wait until its mathematics is typeset and its pictures are there."""
    tab.goto(address, wait_until="load")
    tab.evaluate("async () => { if (window.MathJax) await window.MathJax.startup.promise }")
    tab.evaluate("for (const i of document.images) i.loading = 'eager'")
    tab.wait_for_load_state("networkidle")


def violations(tab):
    """Return what shuts readers out of a page, as axe sees it: serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    options = {
        "resultTypes": ["violations"],
        "preload": False,
    }  # it guesses style sheets' places
    found = Axe().run(tab, options=options).response["violations"]
    grave = [v for v in found if v["impact"] in ("serious", "critical")]
    return [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in grave]


every_page = pytest.mark.parametrize("name", [*pages(), "search", "genindex"])


@every_page
@pytest.mark.parametrize("way", ["http", "file"])
def test_a_page_is_whole_and_asks_no_other_host(tab, html, server, name, way):
    show(tab, f"{server if way == 'http' else html.as_uri()}/{name}.html")
    here = urlsplit(server)[:2] if way == "http" else ("file", "")
    assert {asked for asked in tab.asked if asked[0] not in ("data", "blob")} == {here}
    assert tab.evaluate(TYPESET) == tab.evaluate(MATHS)
    assert tab.locator("mjx-merror").count() == 0
    assert tab.evaluate(BROKEN) == []
    assert tab.locator(".stderr, .traceback").count() == 0
    assert "Traceback (most recent call last)" not in tab.content()


@every_page
@pytest.mark.parametrize(("width", "scheme"), list(product(WIDTHS, SCHEMES)))
def test_a_page_looks_right_and_can_be_used_by_all(tab, server, name, width, scheme):
    tab.set_viewport_size({"width": WIDTHS[width], "height": 900})
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(tab, f"{server}/{name}.html")
    picture = root() / "_build/screenshots" / f"{name.replace('/', '-')}-{width}-{scheme}.png"
    tab.screenshot(path=picture, full_page=True, animations="disabled")
    assert tab.locator("html").get_attribute("data-theme") == scheme
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    if (width == "wide") == (scheme == "dark"):  # each width once, and each scheme
        assert violations(tab) == []


def test_search_finds_the_chapter(tab, server):
    show(tab, f"{server}/search.html?q=adding")
    tab.locator("#search-results li a").first.wait_for()
    hits = tab.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
    assert any("4-adding" in hit for hit in hits)


def test_executed_notebooks_are_offered_for_download(tab, html, server):
    for notebook in notebooks():
        show(tab, f"{server}/chapters/{notebook.name}.html")
        link = tab.locator("a[href$='.ipynb']").first.get_attribute("href")
        published = (html / "chapters" / notebook.name).parent / link
        cells = json.loads(published.read_text(encoding="utf-8"))["cells"]
        assert any(cell.get("outputs") for cell in cells)


def test_the_page_of_a_rerun_is_whole_in_one_file(tab, html, tmp_path):
    for notebook in notebooks():
        path = tmp_path / f"{notebook.path.stem}.html"
        executed = nbformat.read(cache.executed_path(notebook), as_version=4)
        path.write_text(page.html(executed, notebook.title), encoding="utf-8")
        show(tab, path.as_uri())
        assert tab.title() == notebook.title
        assert {asked for asked in tab.asked if asked[0] != "data"} == {("file", "")}
        assert tab.locator("mjx-merror").count() == 0
        assert (tab.evaluate(TYPESET) > 0) == ("$" in str(executed.cells))


def test_the_checks_find_what_is_wrong(tab):
    tab.set_content("<img src='data:,'><p style='color: #ccc; background: #fff'>pale</p>")
    assert {"image-alt", "color-contrast"} <= {found[0] for found in violations(tab)}
    assert len(tab.evaluate(BROKEN)) == 1
    tab.evaluate("console.error('noticed')")
    assert tab.wrong == ["noticed"]
    tab.wrong.clear()
