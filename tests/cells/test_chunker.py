"""The readable pair of nets: who reads what, who learns what, and that this is the gradient."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from replicate.cells import lstm97
from replicate.cells.chunker import Pair, Reader, Readers, Weights, show, taught
from replicate.tasks.chunker import Chunker

SMALL = Chunker(p=5)
SYMBOLS = np.array([3, 0, 1, 1, 2])


def begun(setting, seed=0):
    flat, n = setting.initial_weights(seed), setting.topology().n_weights
    return Pair(*(Weights.of(part, setting.p + 1) for part in (flat[:n], flat[n:])))


def weights(topology):
    return np.random.default_rng(0).normal(size=topology.n_weights)


def errors(n_out):
    return np.random.default_rng(1).normal(size=(len(SYMBOLS), n_out))


@pytest.mark.parametrize("topology", [SMALL.topology(), SMALL.chunker()])
def test_activations_are_those_of_the_readable_cell(topology):
    flat = weights(topology)
    reader = Reader(Weights.of(flat, topology.n_in))
    seen = lstm97.forward(
        topology, torch.as_tensor(flat[None]), torch.as_tensor(SYMBOLS[:, None])
    )
    for symbol, y in zip(SYMBOLS, seen.y_k[:, 0], strict=True):
        reader.read(symbol)
        np.testing.assert_allclose(reader.y, y, rtol=1e-13)


@pytest.mark.parametrize("topology", [SMALL.topology(), SMALL.chunker()])
def test_what_is_learned_is_the_gradient(topology):
    flat = torch.as_tensor(weights(topology)).requires_grad_()
    y = lstm97.forward(topology, flat[None], torch.as_tensor(SYMBOLS[:, None])).y_k[:, 0]
    d = torch.as_tensor(errors(topology.n_out)) + y.detach()
    (((d - y) ** 2).sum() / 2).backward()
    w = Weights.of(flat.detach().numpy(), topology.n_in)
    reader, change = Reader(w), w.zeros()
    for symbol, e in zip(SYMBOLS, errors(topology.n_out), strict=True):
        reader.read(symbol)
        reader.learn(e, 0.5, change)
    np.testing.assert_allclose(change.flat(), -0.5 * flat.grad, rtol=1e-9, atol=1e-12)


def test_the_gradient_is_that_of_finite_differences():
    topology, step = SMALL.topology(), 1e-6
    flat = weights(topology)
    reader, change = Reader(Weights.of(flat, topology.n_in)), Weights.of(flat, topology.n_in)
    change = change.zeros()
    targets = np.random.default_rng(2).uniform(size=(len(SYMBOLS), topology.n_out))
    for symbol, d in zip(SYMBOLS, targets, strict=True):
        reader.read(symbol)
        reader.learn(d - reader.y, 1.0, change)

    def off(flat):
        moved, total = Reader(Weights.of(flat, topology.n_in)), 0.0
        for symbol, d in zip(SYMBOLS, targets, strict=True):
            moved.read(symbol)
            total += ((d - moved.y) ** 2).sum() / 2
        return total

    moves = step * np.eye(topology.n_weights)
    slopes = [(off(flat + move) - off(flat - move)) / (2 * step) for move in moves]
    np.testing.assert_allclose(change.flat(), -np.array(slopes), rtol=1e-5, atol=1e-8)


def test_weights_come_back_in_their_order():
    topology = SMALL.topology()
    flat = weights(topology)
    np.testing.assert_array_equal(Weights.of(flat, topology.n_in).flat(), flat)


def seen(monkeypatch, setting, pair, symbols):
    """Return what each net reads, [symbol], of one sequence without learning."""
    readers, read = Readers.of(pair), {"a": [], "c": []}
    for name in read:
        reader = getattr(readers, name)
        plain = reader.read
        monkeypatch.setattr(
            reader, "read", lambda s, n=name, do=plain: (read[n].append(s), do(s))
        )
    return show(setting, readers, symbols), read


@pytest.mark.parametrize("threshold", [0.0, 0.45, 1.0])
def test_the_chunker_reads_what_is_off_and_the_first_symbol(monkeypatch, threshold):
    setting = replace(SMALL, threshold=threshold, weight_range=2.0)
    (symbols,) = setting.symbols(3, "training", 0, 1)
    errors, read = seen(monkeypatch, setting, begun(setting, 3), symbols)
    assert read["a"] == symbols[:-1].tolist()
    off = errors.max(axis=1) >= threshold
    expected = [symbols[0], *symbols[1:-1][off[:-1]]]
    assert read["c"] == expected
    assert len(expected) == 5 if threshold == 0 else threshold < 1 or len(expected) == 1


def test_the_automatizer_is_to_say_the_state_of_the_chunker():
    """An A whose weights are 0 moves its last output's weights by the error to C's unit."""
    setting = replace(SMALL, threshold=1.0)
    pair = begun(setting)
    pair = Pair(pair.a.zeros(), pair.c)
    (symbols,) = setting.symbols(0, "training", 0, 1)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    show(setting, Readers.of(pair), symbols, change)
    w = pair.c.hidden[symbols[0]]
    wanted = 0.25 * (1 / (1 + np.exp(-w)) - 0.5)
    read = change.a.output[1 + symbols[:-1], -1]
    np.testing.assert_allclose(read, wanted, rtol=1e-12)
    assert not change.c.output.any()


def test_the_chunker_learns_the_last_symbol_from_the_first():
    """Where A knows all but the last symbol, C's weights from the first to it grow."""
    p, pair = SMALL.p, begun(SMALL)
    pair.a.hidden[:], pair.a.output[:] = 0.0, -9.0
    pair.a.output[0] = 0.0
    pair.a.output[1 + p - 1, 0] = pair.a.output[1 + p, 0] = 9.0
    for s in range(p - 2):
        pair.a.output[1 + s, s + 1] = 9.0
    (symbols,) = SMALL.symbols(0, "training", 0, 1)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    errors = show(SMALL, Readers.of(pair), symbols, change)
    assert ((errors.max(axis=1) >= 0.25) == [False] * (p - 1) + [True]).all()
    z = symbols[0]
    assert np.flatnonzero(change.c.output[1:].any(axis=1)).tolist() == [z]
    assert np.flatnonzero(change.c.output[1 + z] > 0).tolist() == [z]
    both = show(replace(SMALL, answers="both"), Readers.of(pair), symbols)
    np.testing.assert_array_equal(both[:-1], errors[:-1])
    assert (both[-1] != errors[-1]).all()


def test_weights_change_after_each_step_or_by_the_sum_after_the_sequence():
    (symbols,) = SMALL.symbols(0, "training", 0, 1)
    changed = []
    for after in ("step", "sequence"):
        setting = replace(SMALL, update_after=after, learning_rate=1e-6)
        pair = begun(setting)
        first = np.concatenate([w.flat() for w in pair])
        taught(setting, Readers.of(pair), symbols)
        changed.append(np.concatenate([w.flat() for w in pair]) - first)
    np.testing.assert_allclose(*changed, rtol=1e-3, atol=1e-10)
    assert (changed[0] != changed[1]).any()
