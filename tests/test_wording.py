"""Numbers and verdicts in words."""

import math
from dataclasses import replace

import pytest

from replicate import wording
from replicate.claim import Claim
from replicate.tasks.adding import Adding
from replicate.verdicts import NOT_REPRODUCED, REPRODUCED, UNDECIDED, VERDICTS, Verdict


def claim(kind="sequences", **more):
    of = {"id": "a.b", "title": "", "place": "", "quantity": "", "measure": "sequences"}
    usual = {
        "kind": kind,
        "value": 74_000.0,
        "experiment": Adding.experiment,
        "setting": Adding(),
    }
    required = {} if kind == "quoted" else {"trials_required": 30}
    return Claim(**(of | usual | required | more))


@pytest.mark.parametrize(
    ("x", "rounded", "every_digit"),
    [
        (74_321.5, "74,300", "74321.5"),
        (39_740, "39,700", "39,740"),
        (0.000195, "0.000195", "0.000195"),
        (0.0073149, "0.00731", "0.0073149"),
        (1.0, "1", "1"),
        (999.6, "1,000", "999.6"),
        (0.0, "0", "0"),
        (-1234.0, "-1,230", "-1,234"),
        (5e6, "5,000,000", "5,000,000"),
    ],
)
def test_numbers(x, rounded, every_digit):
    assert wording.number(x) == rounded
    assert wording.exact(x) == every_digit


def test_no_number():
    assert wording.number(None) == wording.number(math.nan) == "–"
    assert wording.number(math.inf) == "∞"


def test_shares_are_told_in_per_cent():
    share = claim("share", measure="solved", value=0.97)
    assert wording.paper(share) == "97 %"
    assert wording.required(share) == "at least 87 %"
    found = Verdict(share, REPRODUCED, 1.0, 0.886497, 1.0, 30, 30)
    assert (wording.ours(found), wording.interval(found)) == ("100 %", "88.6 % to 100 %")
    assert wording.trials(found) == "30 of 30"


def test_beside_a_quoted_number_ours_has_as_many_decimals():
    quoted = claim("quoted", value=141.2, trials_required=1)
    found = Verdict(quoted, "quoted", 1141.04, -math.inf, math.inf, 1, 1)
    assert (wording.ours(found), wording.interval(found)) == ("1,141.0", "–")
    assert wording.ours(replace(found, claim=replace(quoted, value=141.0))) == "1,141"


def test_means_and_their_criterion():
    assert wording.paper(claim()) == "74,000"
    assert wording.required(claim()) == "at most 111,000"
    uncertain = claim(recalled=True, because="…")
    assert wording.paper(uncertain) == "74,000 (not certain)"
    found = Verdict(claim(), REPRODUCED, 81_234.0, 70_001.0, 90_999.0, 100, 100)
    assert (wording.ours(found), wording.interval(found)) == ("81,200", "70,000 to 91,000")


def test_open_intervals_and_none():
    found = Verdict(claim(), UNDECIDED, 5.0, -math.inf, 7.0)
    assert wording.interval(found) == "at most 7"
    assert wording.interval(Verdict(claim(), UNDECIDED, 5.0, 2.0, math.inf)) == "at least 2"
    assert wording.interval(Verdict(claim(), UNDECIDED, 5.0, -math.inf, math.inf)) == "–"
    assert wording.interval(Verdict(claim(), "not run")) == wording.trials(found) == "–"


@pytest.mark.parametrize(
    ("p", "at_most", "said"),
    [(0.2345, False, "0.23"), (0.2345, True, "≤ 0.23"), (1.0, False, "1"),
     (0.0, True, "< 0.001"), (None, False, "–")],
)  # fmt: skip
def test_chance(p, at_most, said):
    assert wording.chance(Verdict(claim(), "", as_far=p, as_far_at_most=at_most)) == said


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_badge_says_the_verdict_in_words(verdict):
    css = verdict.replace(" ", "-")
    assert wording.badge(verdict) == f'<span class="verdict verdict-{css}">{verdict}</span>'
    assert wording.badge(Verdict(claim(), verdict)) == wording.badge(verdict)


def test_remarks_say_what_the_verdict_hides():
    found = Verdict(
        claim(), NOT_REPRODUCED, 5.0, 4.0, 6.0, 100, 60, 0.502, 0.691, NOT_REPRODUCED,
        median=4_321_000.0, median_capped=True,
    )  # fmt: skip
    assert wording.remarks(found) == [
        "too few trials are solved: 60 % (50.2 % to 69.1 %) against 100 %",
        "median over all trials > 4,320,000",
    ]
    undecided = Verdict(claim(), UNDECIDED, more_trials=34, solved_verdict=REPRODUCED)
    assert wording.remarks(undecided) == ["about 34 more trials would decide it"]
    unsure = Verdict(claim(), UNDECIDED, 5.0, 4.0, 6.0, 30, 30, 0.886, 1.0, UNDECIDED)
    assert wording.remarks(unsure) == [
        "not yet surely enough trials are solved: 100 % (88.6 % to 100 %) against 100 %"
    ]
    fast = Verdict(claim(), REPRODUCED, faster=True, why="because")
    assert wording.remarks(fast) == ["faster than the paper", "because"]


@pytest.mark.parametrize(
    ("x", "said"),
    [(-0.62, "−0.62"), (0.0, "0"), (1234.0, "1.23 × 10³"), (2.777e-16, "2.78 × 10⁻¹⁶"),
     (-math.inf, "−∞"), (math.nan, "–")],
)  # fmt: skip
def test_numbers_with_signs_and_powers(x, said):
    assert wording.signed(x) == said


@pytest.mark.parametrize(
    ("log", "said"),
    [(0.0, "1.0 × 10⁰"), (math.log(9.99), "1.0 × 10¹"), (-1380.0, "4.7 × 10⁻⁶⁰⁰")],
)
def test_powers_of_e_of_any_size(log, said):
    assert wording.power(log) == said
