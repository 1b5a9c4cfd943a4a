"""One look for all figures of the book, legible on a light and on a dark page.

Figure functions take plain data and return a matplotlib ``Figure``; ``show`` puts one into a
page, with words for those who cannot see it and with the numbers that it was drawn from.
"""

from replicate.figures.charts import Band, Group, band, curves, dots, sequences, traces
from replicate.figures.diagram import bundles, net
from replicate.figures.lines import Panel, lines, lines_table, show_lines, surface
from replicate.figures.pages import equations, picture, show, table

__all__ = [
    "Band", "Group", "Panel", "band", "bundles", "curves", "dots", "equations", "lines",
    "lines_table", "net", "picture", "sequences", "show", "show_lines", "surface",
    "table", "traces",
]  # fmt: skip
