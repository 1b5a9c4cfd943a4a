"""The pair of nets: who reads what, who learns what, and trials that do not see each other."""

from dataclasses import replace

import numpy as np
import pytest

from replicate.cells.predictor import Weights
from replicate.outcome import digest
from replicate.parallel import outcomes
from replicate.tasks.chunker import Chunker
from replicate.training import chunker
from replicate.training.chunker import Pair, Readers, begun, show, taught

SMALL = Chunker(p=5, cap=40, every=10, n_frozen=20, n_test=10)
LONGER = replace(SMALL, cap=600, every=1, answers="both")


def seen(monkeypatch, setting, pair, symbols):
    """Return what each net reads, [(step, symbol)], of one sequence without learning."""
    readers, read = Readers.of(pair), {"a": [], "c": []}
    for name in read:
        reader = getattr(readers, name)
        plain = reader.read
        monkeypatch.setattr(
            reader, "read", lambda at, s, n=name, do=plain: (read[n].extend(s), do(at, s))
        )
    return show(setting, readers, symbols), read


@pytest.mark.parametrize("threshold", [0.0, 0.45, 1.0])
def test_the_chunker_reads_what_is_off_and_the_first_symbol(monkeypatch, threshold):
    setting = replace(SMALL, threshold=threshold, weight_range=2.0)
    symbols = setting.symbols(3, "training", 0, 1)
    errors, read = seen(monkeypatch, setting, begun(setting, [3]), symbols)
    assert read["a"] == symbols[0, :-1].tolist()
    off = errors[0].max(axis=1) >= threshold
    expected = [symbols[0, 0], *symbols[0, 1:-1][off[:-1]]]
    assert read["c"] == expected
    assert len(expected) == 5 if threshold == 0 else threshold < 1 or len(expected) == 1


def test_the_automatizer_is_to_say_the_state_of_the_chunker():
    """An A whose weights are 0 moves its last output's weights by the error to C's unit."""
    setting = replace(SMALL, threshold=1.0, update_after="sequence")
    pair = begun(setting, [0])
    pair = Pair(pair.a.zeros(), pair.c)
    symbols = setting.symbols(0, "training", 0, 1)
    readers = Readers.of(pair)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    show(setting, readers, symbols, change)
    w = pair.c.hidden[0, symbols[0, 0]]
    wanted = 0.25 * (1 / (1 + np.exp(-w)) - 0.5)
    read = change.a.output[0, 1 + symbols[0, :-1], -1]
    np.testing.assert_allclose(read, wanted, rtol=1e-12)
    assert not change.c.output.any()


def test_the_chunker_learns_the_last_symbol_from_the_first():
    """Where A knows all but the last symbol, C's weights from the first to it grow."""
    setting = replace(SMALL, update_after="sequence")
    p, pair = setting.p, begun(setting, [0])
    pair.a.hidden[:], pair.a.output[:] = 0.0, -9.0
    pair.a.output[0, 0] = 0.0
    pair.a.output[0, 1 + p - 1, 0] = pair.a.output[0, 1 + p, 0] = 9.0
    for s in range(p - 2):
        pair.a.output[0, 1 + s, s + 1] = 9.0
    symbols = setting.symbols(0, "training", 0, 1)
    change = Pair(pair.a.zeros(), pair.c.zeros())
    errors = show(setting, Readers.of(pair), symbols, change)
    assert ((errors[0].max(axis=1) >= 0.25) == [False] * (p - 1) + [True]).all()
    z = symbols[0, 0]
    assert np.flatnonzero(change.c.output[0, 1:].any(axis=1)).tolist() == [z]
    assert np.flatnonzero(change.c.output[0, 1 + z] > 0).tolist() == [z]
    both = show(replace(setting, answers="both"), Readers.of(pair), symbols)
    np.testing.assert_array_equal(both[0, :-1], errors[0, :-1])
    assert (both[0, -1] != errors[0, -1]).all()


def test_weights_change_after_each_step_or_by_the_sum_after_the_sequence():
    symbols = SMALL.symbols(0, "training", 0, 1)
    changed = []
    for after in ("step", "sequence"):
        setting = replace(SMALL, update_after=after, learning_rate=1e-6)
        pair = begun(setting, [0])
        first = np.concatenate([w.flat()[0] for w in pair])
        taught(
            replace(SMALL, update_after=after, learning_rate=1e-6), Readers.of(pair), symbols
        )
        changed.append(np.concatenate([w.flat()[0] for w in pair]) - first)
    np.testing.assert_allclose(*changed, rtol=1e-3, atol=1e-10)
    assert (changed[0] != changed[1]).any()


@pytest.mark.parametrize(
    "values", [{}, {"task": "2b"}, {"update_after": "sequence"}, {"reset": False}]
)
def test_a_trial_is_the_same_alone_and_among_others(monkeypatch, values):
    setting = replace(SMALL, **values)
    together = outcomes(setting, [4, 5, 6], "engine", "cpu")
    monkeypatch.setattr(chunker, "SHOWN", 3)
    monkeypatch.setattr(chunker, "DRAWN", 7)
    for i, seed in enumerate([4, 5, 6]):
        (alone,) = outcomes(setting, [seed], "engine", "cpu")
        assert digest(alone) == digest(together[i])
        assert alone.curve == together[i].curve
    assert digest(together[0]) != digest(together[1])


@pytest.mark.parametrize("reset", [True, False])
def test_trials_go_on_as_they_were_when_one_ends(reset):
    setting = replace(LONGER, reset=reset)
    together = outcomes(setting, [0, 1, 2], "engine", "cpu")
    assert len({o.sequences for o in together}) > 1
    for o in together:
        (alone,) = outcomes(setting, [o.seed], "engine", "cpu")
        assert digest(alone) == digest(o)


def test_a_solved_trial_is_right_on_the_test_and_a_capped_one_is_told():
    solved = outcomes(LONGER, [0], "engine", "cpu")[0]
    assert (solved.status, solved.test["wrong"]) == ("solved", 0)
    assert solved.steps == 5 * solved.sequences
    capped = outcomes(SMALL, [0], "engine", "cpu")[0]
    assert (capped.status, capped.sequences, capped.test["wrong"]) == ("capped", 40, 10)
    n = SMALL.topology().n_weights
    assert len(capped.weights) == n + SMALL.chunker().n_weights
    assert np.isfinite(Weights.of(capped.weights[None, :n], 6).hidden).all()


def test_2b_is_judged_by_its_last_prediction():
    pair = begun(SMALL, [0])
    for task, targets in [("2a", 5), ("2b", 1)]:
        setting = replace(SMALL, task=task)
        symbols = setting.symbols(0, "check", 0, 3)
        errors = chunker.judged(setting, pair, np.zeros(3, int), symbols)
        assert errors.shape == (3, targets, 6)


def test_a_trial_that_diverges_is_told(monkeypatch):
    def spoilt(setting, seeds, plain=chunker.begun):
        pair = plain(setting, seeds)
        pair.a.hidden[1, 0] = np.nan
        return pair

    monkeypatch.setattr(chunker, "begun", spoilt)
    first, second = outcomes(SMALL, [0, 1], "engine", "cpu")
    assert (first.status, second.status) == ("capped", "diverged")
    assert (second.sequences, second.test, len(second.weights)) == (1, {}, 0)
