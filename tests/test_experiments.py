"""Experiments are found by looking, not by a list."""

import os
import subprocess
import sys

import pytest

from replicate.errors import ReplicateError
from replicate.experiments import experiment, experiments, matching


def test_finds_every_task(toy):
    found = experiments()
    assert found["toys/toy"] is toy.Toy
    assert found["hochreiter1997/adding"].__name__ == "Adding"
    assert list(found) == sorted(found)
    assert all(kind.experiment == name and kind.version >= 1 for name, kind in found.items())


def test_names_and_prefixes(toy):
    assert experiment("toys/toy") is toy.Toy
    assert matching("toys") == matching("toys/toy") == ["toys/toy"]
    assert "hochreiter1997/adding" in matching("hochreiter1997")
    assert matching("hochreiter1997/adding") == ["hochreiter1997/adding"]


@pytest.mark.parametrize("ask", [experiment, matching])
@pytest.mark.parametrize("name", ["toys/t", "toy", "", "toys/toy/x"])
def test_an_unknown_name_lists_the_known_ones(toy, ask, name):
    with pytest.raises(
        ReplicateError, match=r"no experiment .*hochreiter1997/adding.*toys/toy"
    ):
        ask(name)


def test_finding_them_needs_no_torch():
    code = (
        "import sys; from replicate.experiments import experiments; "
        "experiments(); print('torch' in sys.modules)"
    )
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.check_output([sys.executable, "-c", code], env=env) == b"False\n"
