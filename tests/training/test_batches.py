"""Batches of a text: every token once, in its sentence, whatever the seed and the size."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from replicate.errors import SettingError
from replicate.training.batches import IGNORED, Batch, Columns, in_order, shuffled

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=20)


def text(lengths):
    """Return sentences of words that are all different, each ended by 0."""
    words = iter(range(1, 1000))
    return np.array(
        [0 if k == n - 1 else next(words) for n in lengths for k in range(n)], np.int32
    )


def sentences(batches):
    """Return the (inputs, targets) of every sentence of all batches."""
    found = []
    for k in range(len(batches)):
        batch = batches[k]
        for x, d in zip(batch.inputs[0].T.tolist(), batch.targets.T.tolist(), strict=True):
            n = sum(target != IGNORED for target in d)
            assert set(d[n:]) <= {IGNORED}
            found.append((x[:n], d[:n]))
    return found


@given(LENGTHS, st.integers(1, 8), st.integers(0, 3), st.integers(0, 3))
def test_every_sentence_comes_once_from_its_beginning(lengths, size, seed, epoch):
    whole = text(lengths)
    ends = np.flatnonzero(whole == 0)[:-1] + 1
    expected = [s.tolist() for s in np.split(whole, ends)]
    for batches in (shuffled(whole, size, seed, epoch), in_order(whole, size)):
        found = sentences(batches)
        assert sorted(d for _, d in found) == sorted(expected)
        assert all(x == [0, *d[:-1]] for x, d in found)
        assert sum(batches[k].n_targets for k in range(len(batches))) == len(whole)
        assert max(batches[k].n_sequences for k in range(len(batches))) <= size


def test_places_are_where_targets_stand():
    whole = text([3, 1, 5, 2, 4])
    batches = in_order(whole, 2)
    for k in range(len(batches)):
        places, shown = batches.places(k)
        targets = batches[k].targets.numpy()
        np.testing.assert_array_equal(whole[places[shown]], targets[shown])
        assert (targets[~shown] == IGNORED).all()


def test_order_follows_from_seed_and_epoch_and_lengths_are_alike():
    whole = text(np.random.default_rng(0).integers(1, 7, 200).tolist())

    def order(*which):
        return [group.tolist() for group in shuffled(whole, 8, *which).groups]

    assert order(0, 0) == order(0, 0)
    assert len({str(order(*which)) for which in [(0, 0), (0, 1), (1, 0), (1, 1)]}) == 4
    padded = sum(
        b.targets.numel() for b in map(shuffled(whole, 8, 0, 0).__getitem__, range(25))
    )
    assert padded < 1.05 * len(whole)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9))
def test_columns_run_on_and_leave_less_than_a_row(n, n_columns, n_steps):
    whole = np.arange(n)[::-1].astype(np.int32)  # ends with 0
    if n_columns > n:
        with pytest.raises(SettingError, match=f"batch_size = {n_columns}: give at most {n}"):
            Columns(whole, n_columns, n_steps)
        return
    windows = Columns(whole, n_columns, n_steps)
    batches = [windows[k] for k in range(len(windows))]
    assert all(b.targets.shape[0] <= n_steps for b in batches)
    inputs = torch.cat([b.inputs[0] for b in batches]).T.flatten().tolist()
    targets = torch.cat([b.targets for b in batches]).T.flatten().tolist()
    used = n // n_columns * n_columns
    assert targets == whole[:used].tolist()
    assert inputs == [0, *whole[: used - 1].tolist()]


@given(st.integers(1, 7), st.integers(1, 5))
def test_parts_hold_every_sequence_once_and_none_is_without_one(size, n):
    numbers = torch.arange(3 * size).view(3, size)
    batch = Batch((numbers, numbers + 100), numbers)
    parts = [batch.part(k, n) for k in range(n)]
    assert sum(part.n_targets for part in parts) == 3 * size
    assert all(part.n_sequences >= 1 for part in parts)
    held = sorted(t for part in parts for t in part.targets.flatten().tolist() if t != IGNORED)
    assert held == list(range(3 * size))
    for part in parts:
        at = part.targets != IGNORED
        assert torch.equal(part.inputs[1][at], part.targets[at] + 100)
