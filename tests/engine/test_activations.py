"""The engine's squashing functions against 40 decimal digits."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from replicate.engine.library import PRECISIONS, engine
from replicate.topology import ACTIVATIONS

DTYPES = list(PRECISIONS)
FAR = {"float64": 708, "float32": 87}  # the exponential of -|x| is clamped beyond
CENTRED = {"centred1": 1, "centred2": 2}


def squash(kind, x):
    """Return value and slope of each of x, in its dtype."""
    x = np.ascontiguousarray(x)
    value, slope = np.empty_like(x), np.empty_like(x)
    activate = getattr(engine(), f"activate_{PRECISIONS[x.dtype.name]}")
    places = [a.ctypes.data for a in (x, value, slope)]
    activate(ACTIVATIONS.index(kind), *places, x.size)
    return value, slope


def points(dtype, far):
    """Return numbers up to ±far: spread evenly, and down to the smallest."""
    draw = np.random.default_rng(0)
    small = 10 ** draw.uniform(-20, 0, 500)
    even = draw.uniform(-far, far, 2000)
    return np.concatenate([even, small, -small, [0, far, -far]]).astype(dtype)


def logistic(x):
    """Return f(x) and 1 - f(x), lists of exact enough Decimals."""
    with localcontext(prec=40):
        e = [(-abs(Decimal(float(number)))).exp() for number in x]
        above, below = [1 / (1 + y) for y in e], [y / (1 + y) for y in e]
    pairs = zip(x, above, below, strict=True)
    return zip(*((a, b) if number >= 0 else (b, a) for number, a, b in pairs), strict=True)


def off(found, true):
    """Return the errors of ``found``, absolute and relative, both (n,) float64."""
    with localcontext(prec=40):
        error = [abs(Decimal(float(f)) - t) for f, t in zip(found, true, strict=True)]
        relative = [e / abs(t) if t else e for e, t in zip(error, true, strict=True)]
    return np.array(error, float), np.array(relative, float)


def bound(x):
    """Return the relative error allowed: x / ln 2 rounds twice, and a power of 2 shows that."""
    return (2 + np.abs(x.astype(float))) * np.finfo(x.dtype).eps


@pytest.mark.parametrize("dtype", DTYPES)
def test_logistic_and_its_complement_keep_full_relative_precision(dtype):
    x = points(dtype, FAR[dtype])
    f, rest = logistic(x)
    value, slope = squash("logistic", x)
    with localcontext(prec=40):
        true_slope = [a * b for a, b in zip(f, rest, strict=True)]
    for found, true in [(value, f), (squash("logistic", -x)[0], rest), (slope, true_slope)]:
        relative = off(found, true)[1]
        assert (relative <= bound(x)).all()
        if dtype == "float64":
            assert relative.max() < 1e-13
    # What the slope holds of 1 - f is as good, where f itself has rounded to 1.
    positive = x > 0
    complement = slope[positive] / value[positive]
    assert (off(complement, np.array(rest)[positive])[1] <= bound(x[positive])).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", CENTRED)
def test_centred_ones_are_odd_and_exact_to_their_range(kind, dtype):
    """Next to 0 they are a difference: the error is small against 1, not against them."""
    x, size = points(dtype, FAR[dtype]), CENTRED[kind]
    f, rest = logistic(x)
    value, slope = squash(kind, x)
    with localcontext(prec=40):
        true = [size * (a - b) for a, b in zip(f, rest, strict=True)]
        true_slope = [2 * size * a * b for a, b in zip(f, rest, strict=True)]
    assert off(value, true)[0].max() < 1.5 * size * np.finfo(dtype).eps
    assert (off(slope, true_slope)[1] <= bound(x)).all()
    assert np.array_equal(squash(kind, -x)[0], -value)
    far_enough = np.abs(x) > 0.25
    limit = 1e-13 if dtype == "float64" else 16 * np.finfo(dtype).eps
    assert off(value[far_enough], np.array(true)[far_enough])[1].max() < limit


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ["logistic", *CENTRED])
@pytest.mark.parametrize("far", [1e4, 40, 1])
def test_monotone_and_finite_however_far(kind, dtype, far):
    value, slope = squash(kind, np.linspace(-far, far, 200_001).astype(dtype))
    assert (np.diff(value) >= 0).all()
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert (slope > 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_edges(kind, dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, np.finfo(dtype).max], dtype)
    value, slope = squash(kind, x)
    middle, rise = {
        "logistic": (0.5, 0.25), "centred1": (0, 0.5), "centred2": (0, 1), "identity": (0, 1),
    }[kind]  # fmt: skip
    assert np.isnan(value[0])
    assert value[3] == value[4] == middle
    assert slope[3] == slope[4] == rise
    if kind == "identity":
        assert np.array_equal(value, x, equal_nan=True)
        assert (slope == 1).all()
        return
    assert np.isnan(slope[0])
    assert np.isfinite(value[1:]).all()
    assert value[1] == value[5] == CENTRED.get(kind, 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_identity_is_the_identity(dtype):
    x = points(dtype, FAR[dtype])
    value, slope = squash("identity", x)
    assert np.array_equal(value, x)
    assert (slope == 1).all()
