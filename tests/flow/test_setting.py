"""The page's parameters have the defaults that the notebook shows."""

from pathlib import Path

import pytest

from replicate.chapters import parameters
from replicate.chapters.catalogue import Chapter
from replicate.errors import SettingError
from replicate.flow.setting import GradientFlow

PAGE = Path(__file__).parents[2] / "chapters/why/gradient-flow.ipynb"


def test_defaults_are_those_of_the_page():
    shown = {p.name: p.default for p in parameters.read(Chapter("why/gradient-flow", PAGE))}
    assert {**shown, "dtype": "float64"} == GradientFlow().values()


@pytest.mark.parametrize(
    ("name", "value"), [("n", 1), ("steps", 19), ("gap", 61), ("n_runs", 9), ("seed", -1)]
)
def test_other_values_are_refused(name, value):
    with pytest.raises(SettingError, match=name):
        GradientFlow(**{name: value})
