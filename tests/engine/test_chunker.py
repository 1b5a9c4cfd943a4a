"""The engine's pair of nets does what the readable one does, on every machine the same."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replicate.cells import chunker as readable
from replicate.engine import build, chunker, library
from replicate.outcome import digest
from replicate.tasks.chunker import Chunker
from replicate.training.chunker import trained

SHORT = Chunker(p=5, cap=300, every=10, n_frozen=20, n_test=10, answers="both")


@settings(deadline=None, max_examples=40)
@given(
    p=st.sampled_from([2, 9, 14, 15, 16, 33]),
    task=st.sampled_from(["2a", "2b"]),
    threshold=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    update_after=st.sampled_from(["step", "sequence"]),
    reset=st.booleans(),
    answers=st.sampled_from(["automatizer", "both"]),
    seed=st.integers(0, 99),
)
def test_it_learns_and_looks_as_the_readable_pair(seed, **values):
    setting = replace(SHORT, weight_range=1.0, **values)
    flat, n = setting.initial_weights(seed), setting.topology().n_weights
    nets = (readable.Weights.of(w, setting.p + 1) for w in (flat[:n], flat[n:]))
    expected, pair = readable.Pair(*nets), chunker.Pair(setting, flat)
    np.testing.assert_array_equal(pair.weights(), flat)
    readers, errors = readable.Readers.of(expected), []
    symbols = setting.symbols(seed, "training", 0, 12)
    for row in symbols:
        if setting.reset:
            readers = readable.Readers.of(expected)
        errors.append(readable.taught(setting, readers, row))
    half = len(symbols) // 2
    seen = [pair.learn(part) for part in (symbols[:half], symbols[half:])]
    agrees(np.array(errors), *(np.concatenate(of) for of in list(zip(*seen, strict=True))[:3]))
    weights = np.concatenate([w.flat() for w in expected])
    np.testing.assert_allclose(pair.weights(), weights, rtol=1e-9, atol=1e-11)
    fresh = [readable.show(setting, readable.Readers.of(expected), row) for row in symbols]
    looked = pair.look(symbols)
    agrees(np.array(fresh)[:, setting.judged_from() :], *looked[:3])
    np.testing.assert_array_equal(pair.look(symbols).mean_error, looked.mean_error)


def agrees(errors, largest, means, squares):
    close = {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(largest, errors.max(axis=(1, 2)), **close)
    np.testing.assert_allclose(means, errors.mean(axis=(1, 2)), **close)
    np.testing.assert_allclose(squares, (errors**2).mean(axis=(1, 2)), **close)


@pytest.mark.parametrize("of", ["a", "c"])
def test_weights_that_are_not_finite_are_told(of):
    setting = replace(SHORT, threshold=0.0)
    weights = setting.initial_weights(0)
    weights[0 if of == "a" else setting.topology().n_weights] = np.inf
    pair = chunker.Pair(setting, weights)
    seen = pair.learn(setting.symbols(0, "training", 0, 5))
    assert (len(seen.max_error), seen.finite) == (1, False)


@pytest.mark.parametrize("variant", build.VARIANTS)
def test_every_variant_ends_the_same(monkeypatch, variant):
    usual = digest(trained(SHORT, 0))
    other = library.load(build.library(build.LIBRARIES, variant))
    if variant == "avx2" and not other.has_avx2():
        pytest.skip("this processor has no AVX2")
    monkeypatch.setattr(chunker, "engine", lambda: other)
    assert digest(trained(SHORT, 0)) == usual
