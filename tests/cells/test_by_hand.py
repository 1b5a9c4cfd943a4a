"""The weights set by hand solve the puzzle, at every gap."""

import numpy as np
import pytest
import torch

from replicate.cells import by_hand, variants
from replicate.tasks.puzzle import Puzzle, asked

HAND = pytest.mark.parametrize("make", [by_hand.latch, by_hand.carousel, by_hand.forgetting])


@HAND
def test_every_gap_up_to_1000_is_solved(make):
    shape, weights = make()
    letters, gaps = np.array([0, 1]), np.arange(1, 1001)
    shown = asked(np.repeat(letters, len(gaps))[:, None], np.tile(gaps, 2)[:, None])
    assert by_hand.answers(shape, weights, shown).all()


@pytest.mark.parametrize(
    ("make", "solves"),
    [(by_hand.latch, True), (by_hand.carousel, False), (by_hand.forgetting, True)],
)
def test_a_stream_needs_forgetting(make, solves):
    shown = Puzzle(gap=5, n_puzzles=40).sequences(0, "test", 0, 8)
    assert by_hand.answers(*make(), shown).all() == solves


def test_the_carousel_holds_exactly_what_was_written():
    shape, weights = by_hand.carousel()
    assert shape.n_weights == weights.shape[1] == 5 * 3 + 6
    long = asked(np.array([[0]]), np.array([[1000]]))
    x = torch.nn.functional.one_hot(torch.as_tensor(long.inputs).long(), 3).double()
    s = variants.forward(shape, weights, x.transpose(0, 1)[:, None]).s[:, 0, 0, 0]
    assert (s == s[0]).all()
    assert abs(s[0]) > 0.99
