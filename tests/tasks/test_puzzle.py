"""The puzzle is the lecture's; each net has what its cell needs."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicate.cells.shape import NETS
from replicate.errors import SettingError
from replicate.tasks.puzzle import FORGETTING, Puzzle, spelled
from tests.tasks.pieces import pieces_are_the_whole


def test_sequences_are_those_of_the_lecture():
    said = spelled(Puzzle().sequences(0, "training", 0, 200))
    assert all(re.fullmatch(r"(A|B)X{9,10}\1", text) for text in said)
    assert len(set(said)) == 4


@given(gap=st.integers(2, 20), vary=st.integers(0, 5), n=st.integers(1, 4))
def test_a_stream_is_puzzles_in_a_row(gap, vary, n):
    setting = Puzzle(gap=gap, vary=vary, n_puzzles=n)
    shown = setting.sequences(1, "test", 3, 5)
    one = rf"(?:AX{{{gap},{gap + vary}}}A|BX{{{gap},{gap + vary}}}B)"
    for text, times, d in zip(spelled(shown), shown.target_times, shown.targets, strict=True):
        assert re.fullmatch(f"{one}{{{n}}}", text)
        assert [text[t + 1] for t in times] == ["ABX"[k] for k in d.argmax(axis=1)]
    assert (shown.lengths == shown.target_times[:, -1] + 1).all()


def test_letters_and_gaps_are_drawn_evenly():
    shown = Puzzle(gap=5, vary=2).sequences(0, "training", 0, 3000)
    assert shown.targets[:, 0].mean(axis=0) == pytest.approx([0.5, 0.5, 0], abs=0.04)
    assert np.bincount(shown.lengths)[6:] / 3000 == pytest.approx([1 / 3] * 3, abs=0.04)


@pytest.mark.parametrize("n", [1, 3])
def test_pieces(n):
    setting = Puzzle(gap=3, vary=0, n_puzzles=n)
    pieces_are_the_whole(setting, 5, "training", 2, [1, 4, 7])


@pytest.mark.parametrize("cell", NETS)
def test_only_gates_have_biases_of_their_own(cell):
    setting = Puzzle(cell=cell, write_bias=-7.0, keep_bias=6.0)
    weights, shape = setting.initial_weights(3), setting.shape()
    assert weights.shape == (shape.n_weights,)
    set_by_us = {"i": -7.0, FORGETTING.get(cell): 6.0}
    special = 0
    for layer in shape.rows:
        biases = weights[shape.biases(layer)]
        if layer in set_by_us:
            assert (biases == set_by_us[layer]).all()
            special += len(biases)
    assert (np.abs(weights) > setting.weight_range).sum() == special


def test_impossible_settings_name_the_field():
    with pytest.raises(SettingError, match="rnn, lstm2000, peephole, gru"):
        Puzzle(cell="lstm")
    with pytest.raises(SettingError, match="gap = 1: give 2 to 200"):
        Puzzle(gap=1)
    for cell in ("rnn", "gru"):
        with pytest.raises(SettingError, match="block_size = 2"):
            Puzzle(cell=cell, block_size=2)
