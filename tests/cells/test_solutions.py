"""Nets whose weights are set by hand are told apart by what makes the first symbol count."""

import numpy as np
import pytest
import torch

from replicate.cells import lstm97
from replicate.cells.solutions import solution
from replicate.topology import Sequences, Topology

NET = Topology(3, 2, 1, 1, symbols=True, bias_cells=True, bias_gates=True, bias_outputs=True)
CELL, IN, OUT = 0, 1, 2  # hidden units
X, Y, BIAS = 0, 1, -1  # columns; 3, 4 and 5 are the hidden units one step before


def by_hand(entries):
    """Return the flat weights with these entries {(unit, column): weight}, others 0."""
    hidden, outputs = lstm97.connections(NET)
    full = np.zeros(hidden.shape)
    for place, value in entries.items():
        full[place] = value
    return np.concatenate([full[hidden], np.zeros(int(outputs.sum()))])


def pairs():
    """Return the four orders of X and Y, with a symbol of no account before and between."""
    first, second = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    inputs = np.full((4, 5), 2, np.int32)
    inputs[:, 1], inputs[:, 3] = first, second
    lengths, times = np.full(4, 5, np.int32), np.full((4, 1), 4, np.int32)
    targets = np.eye(2)[first][:, None]
    return Sequences(inputs, lengths, times, targets), first, second


SHUT = {(IN, BIAS): -4.0, (IN, X): 6.0, (IN, Y): 6.0, (CELL, X): 2.0, (CELL, Y): -2.0}


@pytest.mark.parametrize(
    ("feedback", "kind"), [((IN, 3), "input gate"), ((CELL, 3), "cell input")]
)
def test_feedback_names_the_solution(feedback, kind):
    shown, first, second = pairs()
    when = np.full(4, 3)
    found = solution(NET, by_hand(SHUT | {feedback: 4.0}), shown, when, first, second)
    assert found.kind == kind
    assert max(found.parts) == found.parts[["input gate", "cell input"].index(kind)] > 0


def test_parts_add_up_to_what_the_first_symbol_changes():
    shown, first, second = pairs()
    weights = by_hand(SHUT | {(IN, 3): 2.0, (CELL, 3): 1.0})
    found = solution(NET, weights, shown, np.full(4, 3), first, second)
    w = torch.as_tensor(weights).expand(4, -1)
    s = lstm97.forward(NET, w, torch.as_tensor(shown.inputs).T).s[:, :, 0].numpy()
    added = s[3] - s[2]
    for symbol in (0, 1):
        a, b = added[second == symbol]
        assert abs(a - b) <= sum(found.parts) + 1e-12
    assert found.block == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_one_block_is_enough_if_it_names_the_class(sign):
    shown, first, second = pairs()
    weights = by_hand(SHUT | {(CELL, 3): 4.0, (OUT, BIAS): 4.0})
    weights[-4:] = [sign * 9.0, 0.0, sign * -9.0, 0.0]  # cell and bias to two outputs
    found = solution(NET, weights, shown, np.full(4, 3), first, second)
    assert found.one_block == (sign > 0)
