"""Figures: what is drawn is the data, the look is one, a page can be read without seeing."""

import base64
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from replicate import figures
from replicate.cells import lstm97
from replicate.errors import ReplicateError
from replicate.figures import look
from replicate.tasks.adding import Adding

LINE = figures.Band(*(np.array([1.0, 10.0, 100.0]) for _ in range(4)))
NET = Adding().topology()
PANEL = figures.Panel(
    "size",
    {"old": LINE, "new": ([1, 10], [-2e-16, 3])},
    {"guessing": 2.0},
    {"start": 4.0},
    {"seen": ([3.0, 5.0], [1.0, 2.0])},
)
GRID = np.linspace(0, 1, 5)
WAYS = {"down": np.array([[0.1, 0.2], [0.5, 0.6]])}


def made():
    """Return one small figure of each kind by name."""
    group = figures.Group("T = 100", [100, 200, 200, 300], [5000], 150, (100, 400))
    sequence = {"values": [0.1, -0.5], "markers": [-1, 1], "names": {1: "−0.50"}}
    return {
        "dots": figures.dots([group], "sequences"),
        "curves": figures.curves({"error": {"old": LINE, "new": LINE}}, "x", {"guessing": 2.0}),
        "traces": figures.traces({"s": {"cell 1": [0, 1, 1]}}, "time", [1]),
        "sequences": figures.sequences({"One": sequence}, "time"),
        "net": figures.net(NET),
        "lines": figures.lines({"One": PANEL}, "q"),
        "surface": figures.surface({"E": (GRID, GRID, np.outer(GRID, GRID))}, WAYS, *"wbE"),
    }


def luminance(colour):
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("colour", [colour for colour, _ in look.LINES])
def test_colours_are_seen_on_white_and_on_the_dark_page(colour):
    light, dark = luminance("#ffffff") + 0.05, luminance("#14181e") + 0.05
    there = luminance(colour) + 0.05
    assert light / there >= 3
    assert there / dark >= 3


@pytest.mark.parametrize("name", made())
def test_pictures_are_the_same_bytes_each_time_and_on_nothing(name):
    first, second = look.svg(made()[name]), look.svg(made()[name])
    assert first == second
    assert "Date" not in first
    assert not re.search(r"<(?:dc:date|image)\b", first)
    page = next(iter(ET.fromstring(first).iter("{http://www.w3.org/2000/svg}path")))
    assert "fill: none" in page.get("style")


def test_the_readers_own_style_changes_nothing():
    before = look.svg(made()["dots"])
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert look.svg(made()["dots"]) == before


def test_dots_stand_at_the_trials_and_the_bar_at_their_median():
    group = figures.Group("T = 100", [100, 200, 200, 300, 300], [5000], paper=150)
    (axes,) = figures.dots([group, figures.Group("T = 500", [400])], "sequences").axes
    solved, unsolved = (c.get_offsets()[:, 0].tolist() for c in axes.collections[:2])
    assert solved == [100, 200, 200, 300, 300]
    assert unsolved == [5000]
    median, paper = axes.lines[:2]
    assert set(median.get_xdata()) == {250}  # the one that was not solved is above it
    assert paper.get_xdata().tolist() == [150]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["T = 100", "T = 500"]
    assert axes.get_xlim()[0] < 100
    assert axes.get_xlim()[1] > 5000


def test_no_median_where_most_are_unsolved():
    (axes,) = figures.dots([figures.Group("T", [100], [5000, 5000])], "sequences").axes
    assert not axes.lines


def test_dots_of_one_place_do_not_hide_each_other():
    places = figures.charts.spread([100, 100, 100, 5000])
    assert len(set(places[:3])) == 3
    assert places[3] == 0
    assert np.abs(figures.charts.spread([100] * 500)).max() <= 0.38


def test_a_band_holds_eight_of_ten_and_ended_trials_keep_their_last_value():
    trials = [([10, 100], [1.0, float(k)]) for k in range(11)]
    line = figures.band([*trials, ([10], [5.0])], points=5)
    assert line.x[0] == 10
    assert line.x[-1] == pytest.approx(100)
    assert line.middle[0] == 1
    assert (line.low[-1], line.middle[-1], line.high[-1]) == pytest.approx((1.1, 5.0, 8.9))


def test_a_curve_is_flat_within_a_window():
    line = figures.band([([10, 1000], [3.0, 7.0])], points=3)
    assert line.middle.tolist() == [3, 7, 7]


def test_every_weight_of_the_net_is_a_dot():
    axes = figures.net(NET).axes[1]
    dots = axes.collections[0].get_offsets()
    assert len(dots) == NET.n_weights == sum(figures.bundles(NET).values()) == 93
    hidden, outputs = lstm97.connections(NET)
    rows = np.bincount(dots[:, 1].astype(int))
    assert rows.tolist() == [*hidden.sum(axis=1), *outputs.sum(axis=1)]


def test_marks_of_sequences_are_at_their_steps():
    (axes,) = made()["sequences"].axes
    assert {text.get_text(): text.xy for text in axes.texts} == {"−0.50": (1, -0.5)}
    at = {line.get_marker(): list(line.get_xdata()) for line in axes.lines}
    assert at["^"] == [1]
    assert at["x"] == [0]


def test_a_panel_draws_lines_levels_moments_and_points():
    (axes,) = made()["lines"].axes
    drawn = {line.get_label(): line for line in axes.lines}
    assert drawn["new"].get_xydata().tolist() == [[1, -2e-16], [10, 3]]
    assert drawn["seen"].get_xydata().tolist() == [[3, 1], [5, 2]]
    assert drawn["seen"].get_linestyle() == "None"
    assert len({drawn[name].get_color() for name in ("old", "new", "seen")}) == 3
    assert {text.get_text(): text.xy for text in axes.texts} == {
        "guessing": (1, 2.0),
        "start": (4.0, 1),
    }
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["old", "new", "seen"]


def test_the_numbers_of_a_panel_are_a_table():
    heads, rows = figures.lines_table({"One": PANEL}, "q", count=2)
    assert heads == ["Line", "q", "Value", "Lowest to highest"]
    assert list(rows) == [
        ["One: size"],
        ["old", "1", "1", "1 to 1"],
        ["old", "100", "100", "100 to 100"],
        ["new", "1", "−2 × 10⁻¹⁶", ""],
        ["new", "10", "3", ""],
        ["seen", "3", "1", ""],
        ["seen", "5", "2", ""],
        ["guessing", "", "2", ""],
        ["start", "4", "", ""],
    ]


def test_windows_of_a_surface_share_their_shades_and_ways():
    z = np.outer(GRID, GRID)
    windows = {"wide": (GRID, GRID, 3 * z), "near": (GRID / 2, GRID / 2, z)}
    wide, near, bar = figures.surface(windows, WAYS, "w", "b", "E").axes
    assert wide.lines[0].get_xydata().tolist() == WAYS["down"].tolist()
    assert (near.get_xlim(), wide.get_xlim()) == ((0, 0.5), (0, 1))
    assert bar.get_ylim() == pytest.approx((0, 3))


class Seen(HTMLParser):
    """Collects pictures and cells of a page."""

    def __init__(self, html):
        super().__init__()
        self.images, self.cells, self.tags = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))

    def handle_data(self, data):
        self.cells.append(data)


def test_a_picture_has_words_and_numbers():
    html = figures.picture(
        made()["dots"],
        alt='Half of "T < 5"',
        behind=(["T", "n"], [[100, "1 & 2"]]),
        caption="A",
    )
    seen = Seen(html)
    (image,) = seen.images
    assert image["alt"] == 'Half of "T < 5"'
    assert image["class"] == "dark-light"
    kind, _, data = image["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).startswith(b"<svg")
    assert seen.cells == ["A", "The numbers behind this picture", "T", "n", "100", "1 & 2"]
    assert "details" in seen.tags


def test_a_table_has_heads_groups_and_html_where_it_is_meant():
    class Badge:
        def _repr_html_(self):
            return "<b>yes</b>"

    html = figures.table(["a", "b"], [["group"], [1, Badge()]], "what")
    assert "<caption>what</caption>" in html
    assert '<th scope="rowgroup" colspan="2">group</th>' in html
    assert '<th scope="row">1</th><td><b>yes</b></td>' in html


def test_equations_stand_beside_the_code_that_is_there():
    html = figures.equations(lstm97.step, {"s_t < 1": ["s = "]})
    assert r"\(s_t &lt; 1\)" in html
    assert "<code>s = s + each_cell(topology, y_in) * g(net_c)</code>" in html
    with pytest.raises(ReplicateError, match="step has no lines forget = "):
        figures.equations(lstm97.step, {"f": ["forget = "]})
