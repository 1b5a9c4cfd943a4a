"""Verdicts on synthetic trials, each kind of claim by hand, and what must hold of them all."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.claim import Claim
from replicate.errors import ReplicateError
from replicate.intervals import bootstrap, poisson, wilson
from replicate.tasks.adding import Adding
from replicate.verdicts import (
    NOT_COMPARABLE,
    NOT_REPRODUCED,
    NOT_RUN,
    QUOTED,
    REPRODUCED,
    SEVERITY,
    UNDECIDED,
    criterion,
    judge,
)

CAP = 5_000_000


def claim(kind="sequences", measure="sequences", value=74_000.0, **more):
    of_trials = (
        {"trials": 10, "trials_required": 100} if kind not in ("structure", "quoted") else {}
    )
    return Claim(
        **{
            "id": "paper.task.T", "title": "Task", "place": "Table 7", "quantity": "sequences",
            "kind": kind, "measure": measure, "experiment": Adding.experiment,
            "setting": Adding(), "value": value, **of_trials, **more,
        }
    )  # fmt: skip


def trial(seed, sequences=1000, status="solved", **test):
    return {"seed": seed, "outcome": {"status": status, "sequences": sequences, "test": test}}


def solved(*sequences):
    return [trial(seed, n) for seed, n in enumerate(sequences)]


def spread(mean, n=100, width=0.1):
    """Return n trials whose numbers of sequences lie evenly around a mean."""
    return solved(*np.round(mean * np.linspace(1 - width, 1 + width, n)).tolist())


def capped(first, n, sequences=CAP):
    return [trial(seed, sequences, "capped") for seed in range(first, first + n)]


@pytest.mark.parametrize(
    ("mean", "width", "verdict", "faster"),
    [
        (74_000, 0.1, REPRODUCED, False),
        (110_000, 0.01, REPRODUCED, False),
        (111_000, 0.9, UNDECIDED, False),
        (112_000, 0.01, NOT_REPRODUCED, False),
        (900_000, 0.9, NOT_REPRODUCED, False),
        (45_000, 0.1, REPRODUCED, True),
        (49_000, 0.9, REPRODUCED, False),  # the interval reaches above two thirds
    ],
)
def test_a_mean_is_held_against_one_and_a_half_times_the_papers(mean, width, verdict, faster):
    found = judge(claim(), spread(mean, width=width))
    assert (found.verdict, found.faster) == (verdict, faster)
    assert found.ours == pytest.approx(mean, rel=1e-4)
    assert found.low < found.ours < found.high


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(10_000, 400_000), min_size=1, max_size=12),
    st.integers(0, 6),
    st.sampled_from(["sequences", "error", "count"]),
    st.randoms(),
)
def test_a_mean_is_reproduced_if_and_only_if_both_intervals_are(values, n_capped, kind, random):
    measure = "sequences" if kind == "sequences" else "wrong"
    trials = [trial(i, v, wrong=v) for i, v in enumerate(values)]
    trials += [trial(100 + i, CAP, "capped", wrong=2000) for i in range(n_capped)]
    random.shuffle(trials)
    found = judge(claim(kind, measure), trials)
    low, high = bootstrap(np.array(values, float))
    if kind == "count":
        exact = poisson(sum(values), len(values))
        low, high = min(low, exact[0]), max(high, exact[1])
    share = wilson(len(values), len(trials))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.solved_low, found.solved_high) == share
    if high <= 111_000 and share[0] >= 0.9:
        assert found.verdict == REPRODUCED
    elif low > 111_000 or share[1] < 0.9:
        assert found.verdict == NOT_REPRODUCED
    else:
        assert found.verdict == UNDECIDED


def test_a_mean_stands_only_if_the_solved_share_does():
    good = spread(74_000, n=60)
    assert judge(claim(), good).solved_verdict == REPRODUCED
    few = judge(claim(), good + capped(60, 40))
    assert (few.verdict, few.solved_verdict) == (NOT_REPRODUCED, NOT_REPRODUCED)
    assert (few.n, few.n_solved, few.solved) == (100, 60, 0.6)
    some = judge(claim(), good + capped(60, 4))
    assert (some.verdict, some.solved_verdict) == (UNDECIDED, UNDECIDED)
    paper_failed_too = judge(claim(solved=0.6), good + capped(60, 30))
    assert paper_failed_too.verdict == REPRODUCED


def test_no_trial_solved_has_no_mean_but_a_verdict():
    found = judge(claim(), capped(0, 50))
    assert (found.verdict, found.ours, found.high) == (NOT_REPRODUCED, None, math.inf)
    assert (found.median, found.median_capped, found.as_far) == (CAP, True, 0.0)


def test_the_median_counts_capped_trials_as_capped():
    trials = solved(100, 200, 300)
    assert judge(claim(), trials + capped(3, 1)).median == 250
    assert not judge(claim(), trials + capped(3, 2)).median_capped
    found = judge(claim(), trials + capped(3, 3))
    assert (found.median, found.median_capped) == ((300 + CAP) / 2, True)
    found = judge(claim(), trials + capped(3, 4))
    assert (found.median, found.median_capped) == (CAP, True)


def test_a_diverged_trial_is_unsolved_however_early_it_ended():
    diverged = [trial(3, 5, "diverged")]
    found = judge(claim(), solved(100, 200, 300) + diverged)
    assert (found.n_solved, found.ours, found.median) == (3, 200.0, 250.0)


def test_as_far_counts_capped_trials_and_says_when_they_leave_it_open():
    trials = spread(74_000, n=50) + capped(50, 50)
    found = judge(claim(), trials)  # ten of ours without a capped one: about 1 in 1000
    assert found.as_far < 0.01
    assert not found.as_far_at_most
    far_up = judge(claim(value=853_000.0), trials)  # a capped trial may be anywhere above
    assert far_up.as_far_at_most
    assert judge(claim(), spread(74_000)).as_far > 0.5
    assert judge(claim(trials=None), spread(74_000)).as_far is None


def test_undecided_says_how_many_more_trials_would_decide():
    trials = spread(100_000, n=16, width=0.9)
    found = judge(claim(), trials)
    assert found.verdict == UNDECIDED
    needed = 16 * ((found.high - found.ours) / (111_000 - found.ours)) ** 2
    of_share = next(n for n in range(1, 100) if wilson(n, n)[0] >= 0.9)
    assert found.more_trials == max(math.ceil(needed), of_share) - 16
    more = judge(
        claim(), [trial(s, trials[s % 16]["outcome"]["sequences"]) for s in range(400)]
    )
    assert 16 + found.more_trials < 400
    assert (more.verdict, more.more_trials) == (REPRODUCED, None)


@settings(deadline=None)
@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_is_held_against_ten_points_below(counts):
    k, n = counts
    found = judge(claim("share", "solved", 1.0), solved(*[5] * k) + capped(k, n - k))
    low, high = wilson(k, n)
    assert (found.low, found.high) == pytest.approx((low, high))
    expected = REPRODUCED if low >= 0.9 else NOT_REPRODUCED if high < 0.9 else UNDECIDED
    assert found.verdict == expected
    if found.more_trials:
        m, share = n + found.more_trials, k / n
        decided = [wilson(share * i, i)[0] >= 0.9 or wilson(share * i, i)[1] < 0.9
                   for i in (m - 1, m)]  # fmt: skip
        assert decided == [False, True]
    else:
        assert expected != UNDECIDED or k / n == 0.9


def test_a_share_within_a_range_counts_unsolved_trials_as_outside():
    within = claim(
        "share", "sequences", 1.0, low=370_000, high=2_020_000, limit=0.5, because="…"
    )
    trials = [*solved(369_999, 370_000, 2_020_000, 2_020_001), trial(4, 500_000, "diverged")]
    found = judge(within, trials)
    assert found.ours == pytest.approx(2 / 5)
    assert criterion(within) == (0.5, math.inf)
    assert judge(within, spread(900_000, n=30)).verdict == REPRODUCED
    only_high = claim("share", "sequences", 0.7, high=700_000)
    assert judge(only_high, trials).ours == pytest.approx(2 / 5)


def test_a_share_of_test_errors_counts_capped_trials_too():
    below = claim("share", "mean_abs_error", 1.0, high=0.01)
    trials = [
        trial(0, mean_abs_error=0.009),
        trial(1, mean_abs_error=0.02),
        trial(2, CAP, "capped", mean_abs_error=0.005),
        trial(3, 7, "diverged"),
    ]
    assert judge(below, trials).ours == 0.5


def test_small_counts_have_exact_intervals_and_the_papers_rounding():
    wrong = claim("count", "wrong", 1.0)
    found = judge(wrong, [trial(seed, wrong=0) for seed in range(100)])
    assert (found.low, found.high) == pytest.approx(poisson(0, 100))
    assert found.verdict == REPRODUCED
    ones = judge(wrong, [trial(seed, wrong=int(seed % 5 < 3)) for seed in range(100)])
    assert ones.as_far > 0.5  # a mean of 0.6 is printed as 1
    unequal = judge(wrong, [trial(seed, wrong=84 * (seed == 0)) for seed in range(100)])
    assert unequal.verdict == UNDECIDED  # Poisson alone would say: reproduced
    assert poisson(84, 100)[1] < 1.5


def test_an_order_is_paired_by_seed():
    order = claim("order", value=None, order="less", other=Adding(T=500))
    hard = np.linspace(1e5, 2e6, 40)
    less, more = solved(*(hard - 5_000)), solved(*hard)
    found = judge(order, less, more)
    assert (found.verdict, found.n) == (REPRODUCED, 40)
    assert (found.low, found.high) == pytest.approx((5_000, 5_000))
    assert judge(order, more, less).verdict == NOT_REPRODUCED
    assert judge(order, less, less).verdict == NOT_REPRODUCED
    assert judge(replace(order, order="greater"), more, less).verdict == REPRODUCED
    assert judge(order, less[:20], more[20:]).verdict == NOT_RUN
    shuffled = np.random.default_rng(1).permutation(hard)
    assert judge(order, solved(*(shuffled - 5_000)), more).verdict == UNDECIDED


def test_a_ratio_is_paired_by_seed():
    ratio = claim(
        "ratio", "perplexity", 0.92, other=Adding(T=500), limit=0.96, because="half the gain"
    )
    theirs = np.linspace(100, 400, 9)
    mine = [trial(seed, perplexity=0.9 * x) for seed, x in enumerate(theirs)]
    others = [trial(seed, perplexity=x) for seed, x in enumerate(theirs)]
    found = judge(ratio, mine, others)
    assert (found.verdict, found.n) == (REPRODUCED, 9)
    assert (found.ours, found.low, found.high) == pytest.approx((0.9, 0.9, 0.9))
    assert judge(ratio, others, mine).verdict == NOT_REPRODUCED
    assert judge(ratio, mine[:3], others[4:]).verdict == NOT_RUN
    assert judge(ratio, mine[::-1], others).ours == pytest.approx(0.9)
    mixed = [*mine[:5], *(trial(seed, perplexity=1.1 * theirs[seed]) for seed in range(5, 9))]
    assert judge(ratio, mixed, others).verdict == UNDECIDED
    without = [*mine[:8], trial(8, status="diverged")]
    assert judge(ratio, without, others).verdict == UNDECIDED


def test_an_order_leaves_open_what_capped_trials_leave_open():
    order = claim("order", value=None, order="less", other=Adding(T=500))
    fast, slow = spread(1e5, n=30), spread(1e6, n=29) + capped(29, 1)
    found = judge(order, fast, slow)
    assert (found.verdict, found.high) == (REPRODUCED, math.inf)
    found = judge(order, slow, fast)
    assert (found.verdict, found.low) == (NOT_REPRODUCED, -math.inf)
    both = judge(order, fast[:29] + capped(29, 1), slow)
    assert (both.verdict, both.low, both.high) == (UNDECIDED, -math.inf, math.inf)


@pytest.mark.parametrize("T", [20, 33, 100])
def test_structure_needs_no_trials_and_the_lag_is_that_of_sequences(T):
    drawn = Adding(T=T).sequences(0, "test", 0, 4000)
    last = [np.flatnonzero(marks == 1).max() for marks in drawn.inputs[:, 1:, 1]]
    lag = int((drawn.target_times[:, 0] - np.array(last) - 1).min())
    by_lag = claim("structure", "minimal_lag", float(lag), setting=Adding(T=T))
    assert judge(by_lag, []).verdict == REPRODUCED
    assert judge(replace(by_lag, value=lag + 1.0), []).verdict == NOT_REPRODUCED
    assert judge(claim("structure", "weights", 93.0), []).verdict == REPRODUCED
    block = Adding(block_size=1)
    assert judge(claim("structure", "weights", 93.0, setting=block), []).ours == 57


def test_what_is_not_judged_says_why():
    quoted = judge(claim("quoted", "", 173_000.0, text="Smith and Zipser"), [])
    assert (quoted.verdict, quoted.why, quoted.ours) == (QUOTED, "Smith and Zipser", None)
    beside = claim("quoted", "error", 141.2, trials_required=2)
    shown = judge(beside, [trial(0, error=500.0), trial(1, error=502.0)])
    assert (shown.verdict, shown.ours, shown.n, shown.more_trials) == (QUOTED, 501.0, 2, None)
    uncertain = claim(recalled=True, because="seen in no copy")
    found = judge(uncertain, spread(74_000))
    assert (found.verdict, found.why) == (NOT_COMPARABLE, "seen in no copy")
    assert found.ours == pytest.approx(74_000, rel=1e-4)
    assert judge(claim(), []).verdict == NOT_RUN
    costly = claim(trials_required=0, because="40 days of one core")
    assert (judge(costly, []).verdict, judge(costly, []).why) == (
        NOT_RUN,
        "40 days of one core",
    )


def test_what_cannot_be_judged_is_an_error():
    with pytest.raises(ReplicateError, match="two records of seed 3"):
        judge(claim(), [trial(3), trial(3)])
    with pytest.raises(ReplicateError, match="have no 'wring', but wrong"):
        judge(claim("count", "wring", 1.0), [trial(0, wrong=1)])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 200_000), min_size=2, max_size=15), st.integers(2, 50))
def test_verdicts_do_not_depend_on_the_unit(values, factor):
    found = judge(claim(value=74_000.0), solved(*values))
    scaled = judge(claim(value=74_000.0 * factor), solved(*[v * factor for v in values]))
    assert scaled.verdict == found.verdict
    assert scaled.low == pytest.approx(found.low * factor)
    assert scaled.as_far == found.as_far


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=15), st.floats(1, 3))
def test_a_stricter_paper_never_makes_a_better_verdict(values, factor):
    lax = judge(claim(value=40.0 * factor), solved(*values))
    strict = judge(claim(value=40.0), solved(*values))
    assert SEVERITY.index(strict.verdict) >= SEVERITY.index(lax.verdict)


def test_an_earlier_mark_counts_where_it_was_reached():
    asked = claim(measure="ST1.sequences", value=30_000.0)
    passed = {"ST1.sequences": 20_000, "ST1.wrong": 2}
    trials = [
        trial(seed, 50_000, "solved" if seed % 2 else "capped", **passed) for seed in range(60)
    ]
    verdict = judge(asked, trials)
    assert (verdict.ours, verdict.n_solved, verdict.verdict) == (20_000, 60, REPRODUCED)
    missed = judge(asked, trials[:20] + [trial(seed, CAP, "capped") for seed in range(20, 40)])
    assert (missed.n_solved, missed.solved_verdict) == (20, NOT_REPRODUCED)
    assert missed.median_capped or missed.median >= 20_000


def test_a_printed_fraction_of_a_count_is_taken_as_it_stands():
    trials = [trial(seed, wrong=seed % 2) for seed in range(200)]
    whole, fraction = (
        judge(claim("count", "wrong", value), trials).as_far for value in (1.0, 0.99)
    )
    assert whole > fraction
