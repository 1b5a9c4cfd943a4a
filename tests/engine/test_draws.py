"""Random draws: known answers of Philox, uniforms and normals by formula and distribution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from replicate.engine import draws
from replicate.engine.library import engine

STREAMS = st.sampled_from(list(draws.STREAMS))
SEEDS = st.integers(0, 2**32 - 1)
N = 200_000


# The vectors of Random123 (tests/kat_vectors, philox4x32 of 10 rounds).
@pytest.mark.parametrize(
    ("counter", "key", "block"),
    [
        ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([2**32 - 1] * 4, [2**32 - 1] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_its_known_answers(counter, key, block):
    assert " ".join(f"{word:08x}" for word in philox(counter, key)) == block


def philox(counter, key):
    arrays = [np.array(a, np.uint32) for a in (counter, key, [0] * 4)]
    engine().philox4x32(*(a.ctypes.data for a in arrays))
    return arrays[2]


@given(SEEDS, STREAMS, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1))
def test_a_draw_is_a_word_of_the_block_of_its_place(seed, stream, sequence, draw):
    counter = [draw // 4, sequence % 2**32, sequence >> 32, 0]
    word = draws.words(seed, stream, sequence, 1, draw, 1)[0, 0]
    assert word == philox(counter, [seed, draws.STREAMS[stream]])[draw % 4]


@given(
    st.sampled_from([draws.words, draws.uniform, draws.normal]),
    SEEDS,
    STREAMS,
    st.integers(0, 2**40),
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 70)), min_size=1, max_size=4),
)
def test_any_piece_in_any_order_is_a_piece_of_the_whole(draw, seed, stream, q, rows, columns):
    whole = draw(seed, stream, q, 10, 0, 160)
    for first, count in rows:
        for start, n in columns:
            piece = draw(seed, stream, q + first, count, start, n)
            assert np.array_equal(piece, whole[first : first + count, start : start + n])


@given(
    SEEDS,
    st.integers(1, 40),
    *[st.floats(-1e6, 1e6)] * 2,
)
def test_uniforms_are_the_exact_formula(seed, n, low, high):
    words = draws.words(seed, "training", 3, 2, 1, n)
    u = draws.uniform(seed, "training", 3, 2, 1, n, low, high)
    assert np.array_equal(u, low + (high - low) * ((words + 0.5) * 2.0**-32))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (-0.1, 0.1), (3.0, 8.0)])
def test_no_word_gives_a_bound_of_the_range(low, high):
    least, most = low + (high - low) * (np.array([0.5, 2**32 - 0.5]) * 2.0**-32)
    assert low < least < most < high
    u = draws.uniform(1, "training", 0, 1, 0, N, low, high)
    assert low < u.min() < low + 1e-3 * (high - low)
    assert high > u.max() > high - 1e-3 * (high - low)


def test_out_may_have_any_strides_and_nothing_else():
    table = np.zeros((5, 7, 2))
    draws.uniform(4, "test", 2, 5, 3, 7, -1.0, 1.0, out=table[:, :, 1])
    assert np.array_equal(table[:, :, 1], draws.uniform(4, "test", 2, 5, 3, 7, -1.0, 1.0))
    assert not table[:, :, 0].any()
    for wrong in (np.zeros((7, 5)), np.zeros((5, 7), np.float32)):
        with pytest.raises(ValueError, match=r"give float64 \(5, 7\)"):
            draws.uniform(4, "test", 2, 5, 3, 7, out=wrong)


@given(st.integers(1, 2**31))
def test_below_is_in_range_and_reaches_its_ends(n):
    drawn = np.array([0, 2**31, 2**32 - 1], np.uint32)
    assert draws.below(drawn, n).tolist() == [0, n // 2, n - 1]


@settings(max_examples=30)
@given(st.integers(1, 1000))
def test_below_is_as_unbiased_as_it_can_be(n):
    """Exactly: value v is had from floor or ceiling of 2^32 / n words."""
    firsts = -(-(np.arange(n + 1) * 2**32) // n)  # the smallest word that gives each value
    inside = np.append(firsts[:-1], 2**32 - 1).astype(np.uint32)
    assert np.array_equal(draws.below(inside, n), [*range(n), n - 1])
    assert np.array_equal(draws.below((firsts[1:] - 1).astype(np.uint32), n), np.arange(n))
    assert set(np.diff(firsts)) <= {2**32 // n, -(-(2**32) // n)}


@pytest.mark.parametrize("n", [2, 10, 11, 49])
def test_below_is_uniform_on_words(n):
    counts = np.bincount(draws.below(draws.words(5, "training", 0, 1, 0, N)[0], n))
    assert stats.chisquare(counts).pvalue > 1e-3


def test_normals_are_the_quantiles_of_uniforms():
    u = draws.uniform(6, "weights", 0, 1, 0, N)
    z = draws.normal(6, "weights", 0, 1, 0, N)
    np.testing.assert_allclose(z, stats.norm.ppf(u), rtol=1e-14, atol=1e-15)
    shifted = draws.normal(6, "weights", 0, 1, 0, N, 3.0, 0.5)
    assert np.array_equal(shifted, 3.0 + 0.5 * z)


def test_normals_hold_in_the_furthest_tails():
    """The farthest of some 20 million draws, on both sides."""
    rare = draws.words(9, "test", 0, 200, 0, 100_000)
    for place in (np.argmin(rare), np.argmax(rare)):
        q, d = divmod(int(place), 100_000)
        z = draws.normal(9, "test", q, 1, d, 1)[0, 0]
        assert abs(z) > 5
        assert z == pytest.approx(stats.norm.ppf((rare[q, d] + 0.5) * 2.0**-32), rel=1e-14)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_distributions(seed):
    u = draws.uniform(seed, "training", 0, 20, 0, N // 20).ravel()
    z = draws.normal(seed, "training", 20, 20, 0, N // 20).ravel()
    assert stats.kstest(u, "uniform").pvalue > 1e-3
    assert stats.kstest(z, "norm").pvalue > 1e-3
    for power, moment in enumerate([0, 1, 0, 3], start=1):
        spread = np.std(z**power) / np.sqrt(N)
        assert abs(np.mean(z**power) - moment) < 4 * spread
    bounds = np.array([-np.inf, -4, -3.5, -3, -2.5, 2.5, 3, 3.5, 4, np.inf])
    counts = np.histogram(z, bounds)[0]
    assert stats.chisquare(counts, N * np.diff(stats.norm.cdf(bounds))).pvalue > 1e-3


def test_neighbouring_draws_are_independent():
    u = draws.uniform(3, "training", 0, 400, 0, 500)
    for one, other in [(u[:, 1:], u[:, :-1]), (u[1:], u[:-1]), (u[:, 4:], u[:, :-4])]:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


def test_seeds_streams_and_sequences_differ():
    rows = [
        draws.words(seed, stream, first, 1, 0, 8)[0].tolist()
        for seed in (0, 1, 2, 2**31)
        for stream in draws.STREAMS
        for first in (0, 1, 2**32)
    ]
    assert len(np.unique(rows)) == np.size(rows)
