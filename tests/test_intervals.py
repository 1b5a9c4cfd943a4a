"""Intervals against closed forms, exact tails, SciPy and brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from replicate.intervals import (
    TAIL,
    as_far,
    bootstrap,
    mean_plan,
    poisson,
    share_plan,
    student_plan,
    wilson,
)

floats = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(counts):
    k, n = counts
    reference = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((reference.low, reference.high), abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 2000), st.integers(1, 500))
def test_poisson_ends_are_where_the_tails_are(total, n):
    low, high = poisson(total, n)
    assert stats.poisson.sf(total - 1, low * n) == pytest.approx(TAIL)
    assert stats.poisson.cdf(total, high * n) == pytest.approx(TAIL)


def test_no_count_at_all_leaves_the_closed_form():
    assert poisson(0, 10) == pytest.approx((0.0, -math.log(TAIL) / 10))


def test_poisson_covers_at_least_what_it_says():
    for mean in (0.05, 0.3, 1.0, 2.5):
        counts = np.arange(200)
        ends = [poisson(k, 10) for k in counts]
        inside = np.array([low <= mean <= high for low, high in ends])
        assert stats.poisson.pmf(counts, 10 * mean)[inside].sum() >= 0.95


@settings(max_examples=15, deadline=None)
@given(st.lists(floats, min_size=2, max_size=30), st.floats(0.01, 100), floats)
def test_bootstrap_stays_within_the_values_and_moves_with_them(values, scale, shift):
    x = np.array(values)
    low, high = bootstrap(x)
    assert x.min() <= low <= high <= x.max()
    moved = bootstrap(scale * x + shift)
    size = max(1.0, *np.abs(scale * x + shift))
    assert moved == pytest.approx((scale * low + shift, scale * high + shift), abs=1e-6 * size)


def test_bootstrap_of_many_normal_values_is_students():
    x = np.random.default_rng(3).normal(5.0, 2.0, 200)
    student = stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x))
    assert bootstrap(x) == pytest.approx(student, abs=0.03)


def test_bootstrap_leans_to_the_long_tail():
    x = np.random.default_rng(4).exponential(1.0, 40)
    low, high = bootstrap(x)
    assert high - x.mean() > 1.1 * (x.mean() - low)


def test_bootstrap_of_equal_values_or_too_few():
    assert bootstrap(np.full(7, 3.5)) == (3.5, 3.5)
    assert bootstrap(np.array([3.5])) == bootstrap(np.array([])) == (-math.inf, math.inf)


@settings(deadline=None)
@given(st.integers(1, 50), st.floats(0, 1))
def test_a_share_plan_narrows(n, share):
    plan = share_plan(share)
    (low, high), (low2, high2) = plan(n), plan(n + 1)
    assert low - 1e-12 <= low2 <= high2 <= high + 1e-12


def test_a_mean_plan_narrows_by_the_root_of_the_trials():
    values = np.arange(20.0)
    plan = mean_plan(values, 20)
    assert plan(20) == pytest.approx(bootstrap(values))
    (low, high), (low4, high4) = plan(20), plan(80)
    assert (high4 - 9.5, 9.5 - low4) == pytest.approx(((high - 9.5) / 2, (9.5 - low) / 2))


def test_a_mean_count_takes_the_outer_ends():
    alike, apart = np.ones(50), np.array([0.0] * 49 + [50.0])
    assert mean_plan(alike, 50, count=True)(50) == poisson(50, 50)
    of_solved = mean_plan(alike, 100, count=True)(100)  # the other 50 have no count
    assert of_solved == poisson(50, 50)
    low, high = mean_plan(apart, 50, count=True)(50)
    assert low == pytest.approx(bootstrap(apart)[0])
    assert high == pytest.approx(bootstrap(apart)[1])
    assert high > poisson(50, 50)[1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 4), st.floats(0, 9))
def test_as_far_is_the_share_of_all_batches(values, trials, paper):
    means = [sum(batch) / trials for batch in itertools.product(values, repeat=trials)]
    below = np.mean([m <= paper + 1e-9 for m in means])
    above = np.mean([m >= paper - 1e-9 for m in means])
    found, at_most = as_far(np.array(values, float), paper, trials)
    assert found == pytest.approx(min(1.0, 2 * min(below, above)), abs=0.04)
    assert not at_most


def test_as_far_of_shares_is_binomial():
    solved = np.array([1.0] * 90 + [0.0] * 10)
    exact = 2 * min(stats.binom.cdf(7, 10, 0.9), stats.binom.sf(6, 10, 0.9))
    assert as_far(solved, 0.7, 10)[0] == pytest.approx(exact, abs=0.01)
    assert as_far(solved, 1.0, 10)[0] == pytest.approx(2 * 0.9**10, abs=0.02)


def test_as_far_knows_that_the_paper_rounds():
    values = np.array([0.4] * 20)
    assert as_far(values, 0.0, 10) == (0.0, False)
    assert as_far(values, 0.0, 10, half=0.5) == (1.0, False)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 100), st.booleans()), min_size=1, max_size=20),
    st.lists(st.floats(0, 1e4), min_size=20, max_size=20),
    st.integers(1, 10),
    st.floats(1, 200),
)
def test_capped_trials_leave_an_upper_bound(trials, beyond, batch, paper):
    """Whatever the capped trials would have needed, it is not more probable than we say."""
    values = np.array([value for value, _ in trials])
    unknown = np.array([capped for _, capped in trials])
    bound, at_most = as_far(values, paper, batch, unknown)
    truth, _ = as_far(values + unknown * np.array(beyond[: len(values)]), paper, batch)
    assert truth <= bound + 1e-12
    if not at_most:
        assert truth == pytest.approx(bound)


def test_a_cap_far_above_the_paper_leaves_nothing_open():
    values, unknown = np.array([50.0, 80.0, 5000.0]), np.array([False, False, True])
    assert as_far(values, 74.0, 10, unknown)[1] is False
    assert as_far(values, 2000.0, 10, unknown)[1] is True


def test_students_interval_is_scipys_and_holds_for_three_values():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(400, 3))
    ends = [student_plan(values)(3) for values in samples]
    t = stats.ttest_1samp(samples[0], 0.0).confidence_interval(0.95)
    assert ends[0] == pytest.approx((t.low, t.high))
    assert 0.92 < np.mean([low < 0 < high for low, high in ends]) < 0.98


def test_students_interval_narrows_with_trials_and_one_value_tells_nothing():
    plan = student_plan(np.array([1.0, 2.0, 3.0]))
    widths = [high - low for low, high in map(plan, (2, 3, 10, 100))]
    assert widths == sorted(widths, reverse=True)
    assert student_plan(np.array([1.0]))(1) == (-math.inf, math.inf)
    assert student_plan(np.array([2.0, 2.0]))(2) == (2.0, 2.0)
