"""The report of a run: what the notebook tells, and how two runs are compared."""

import pytest
from nbformat.v4 import new_code_cell, new_output

from replicate.chapters import report
from replicate.chapters.reporting import KEY, Report, reported
from replicate.errors import ReplicateError
from replicate.papers import claims
from replicate.verdicts import judge
from tests.toy_book import notebook


def shown(*reports):
    outputs = [new_output("display_data", metadata={KEY: vars(r)}) for r in reports]
    return notebook(new_code_cell("report()", outputs=outputs))


def made(**numbers):
    return Report([], [{"experiment": "e", "identity": "i"}], numbers)


def test_a_report_is_displayed_for_people_and_for_programs(monkeypatch):
    displayed = []
    monkeypatch.setattr(
        "IPython.display.display", lambda *data, **how: displayed.append((data, how))
    )
    claim = next(c for c in claims("hochreiter1997.adding") if c.kind == "structure")
    record = {"experiment": "e", "identity": "i", "weights": "not told"}
    report([judge(claim, [])], [record], {"weights": 93})
    [((data,), how)] = displayed
    told = how["metadata"][KEY]
    assert told["records"] == [{"experiment": "e", "identity": "i"}]
    assert told["numbers"] == {"weights": 93.0}
    assert told["verdicts"][0]["verdict"] == "reproduced"
    assert data["text/plain"].startswith(f"{claim.id}: reproduced; paper 93; ours 93")


def test_a_report_is_read_back():
    assert reported(shown(made(a=1.0))) == made(a=1.0)


@pytest.mark.parametrize("reports", [[], [made(), made()]])
def test_a_notebook_reports_once(reports):
    with pytest.raises(ReplicateError, match=f"reports {len(reports)} times"):
        reported(shown(*reports))


def test_numbers_that_both_runs_have_are_compared():
    here = made(a=150.0, b=1.0, zero=3.0, none=float("nan"))
    there = made(a=100.0, zero=0.0, c=2.0, none=5.0)
    assert here.differences(there) == [
        "a: 150 here, 100 published, +50%",
        "zero: 3 here, 0 published",
        "none: – here, 5 published",
    ]
