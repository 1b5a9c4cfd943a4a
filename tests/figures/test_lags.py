"""The picture of a paper: its rows by lag, the paper's means beside ours."""

from dataclasses import replace

import numpy as np
import pytest

from replicate import papers
from replicate.figures import lags
from replicate.verdicts import NOT_RUN, REPRODUCED, Verdict


@pytest.fixture(scope="module")
def verdicts():
    return [Verdict(claim, NOT_RUN) for claim in papers.claims("hochreiter1997")]


def test_rows_are_the_means_of_training_sequences_by_lag(verdicts):
    rows = lags.rows(verdicts)
    assert [row.lag for row in rows] == sorted(row.lag for row in rows)
    found = {row.label: (row.lag, row.verdict.claim.value) for row in rows}
    assert found["1, 3 blocks of 2, rate 0.1"] == (9, 21_730)
    assert found["2c, q = 1000, p = 50"] == (1001, 203_000)
    assert found["4, T = 1000"] == (500, 853_000)
    assert found["5, multiplication problem"] == (50, 1_273_000)
    assert not any("ST1" in row.verdict.claim.measure for row in rows)
    assert len(found) == len(rows)


def test_a_row_shows_the_papers_mean_and_ours_hollow_where_few_were_solved(verdicts):
    first, second, *_ = lags.rows(verdicts)
    ours = {"ours": 40_000.0, "low": 30_000.0, "high": 90_000.0, "n": 10}
    run = [
        replace(row, verdict=replace(row.verdict, verdict=REPRODUCED, n_solved=n, **ours))
        for row, n in ((first, 10), (second, 4))
    ]
    (axes,) = lags.lags(run).axes
    circles = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_markerfacecolor() for line in circles] == [lags.BLUE, "none"]
    diamonds = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "D"]
    np.testing.assert_array_equal(diamonds, [row.verdict.claim.value for row in run])
    low, high = axes.get_xlim()
    assert low < 30_000
    assert high > max(diamonds)
    heads, rows = lags.lags_table(run)
    assert rows[0][:2] == [first.label, f"{first.lag}"]
    assert len(heads) == len(rows[0])


def test_a_row_of_which_no_trial_was_solved_has_a_cross(verdicts):
    first, second, *_ = lags.rows(verdicts)
    nothing = {"ours": np.nan, "low": np.nan, "high": np.nan, "n": 10, "n_solved": 0}
    failed = replace(first, verdict=replace(first.verdict, **nothing))
    (axes,) = lags.lags([failed, second]).axes
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [list(line.get_ydata()) for line in crosses] == [[0]]
    assert not [line for line in axes.lines if line.get_marker() == "o"]
    assert np.isfinite(axes.get_xlim()).all()
