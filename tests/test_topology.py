"""Nets, marks and rules: what they count, where weights stand, what cannot be."""

import numpy as np
import pytest

from replicate.initial import initial_weights
from replicate.topology import Mark, Stopping, Topology

FULL = Topology(2, 1, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True)
BARE = {"input_gate": False, "output_gate": False, "recurrent": False, "h": "identity"}


def test_sizes_of_the_net_of_experiment_4():
    assert (FULL.n_cells, FULL.n_hidden, FULL.n_sources, FULL.n_output_sources) == (4, 8, 10, 5)
    assert FULL.n_weights == 8 * 11 + 5 == 93


def test_sizes_of_a_plain_net():
    rtrl = Topology(5, 5, 1, 1, g="logistic", input_to_output=True, plain=True, **BARE)
    assert (rtrl.n_hidden, rtrl.n_sources, rtrl.n_weights) == (1, 6, 36)


@pytest.mark.parametrize(
    ("unit", "places"), [("cells", (0, 4)), ("input_gates", (4, 6)), ("output_gates", (6, 8))]
)
def test_biases_stand_at_the_end_of_their_units_rows(unit, places):
    rows = np.arange(88).reshape(8, 11)
    assert FULL.bias_index(unit).tolist() == rows[slice(*places), -1].tolist()


def test_a_unit_without_bias_has_no_index():
    with pytest.raises(ValueError, match="cells have no biases"):
        Topology(2, 1, 2, 2, bias_gates=True).bias_index("cells")


def test_cells_feed_outputs_from_the_first_columns_of_their_rows():
    net = Topology(3, 2, 2, 1, input_to_output=True, bias_outputs=True)
    rows = np.arange(net.n_weights)[-2 * (2 + 3 + 1) :].reshape(2, 6)
    assert net.cell_to_output.tolist() == rows[:, :2].ravel().tolist()


def test_first_weights_are_uniform_but_for_given_biases():
    net = Topology(10, 1, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True)
    many = np.array([initial_weights(net, seed, 0.3) for seed in range(200)])
    assert abs(many).max() <= 0.3
    assert abs(many.mean()) < 0.005
    assert many.std() == pytest.approx(0.3 / 3**0.5, rel=0.02)
    set_ = initial_weights(net, 7, 0.3, input_gates=(-3.0, -6.0), output_gates=())
    changed = np.flatnonzero(set_ != many[7])
    assert changed.tolist() == net.bias_index("input_gates").tolist()
    assert set_[changed].tolist() == [-3.0, -6.0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_out": 0}, "n_out = 0: give at least 1"),
        ({"g": "tanh"}, "g = 'tanh': give one of"),
        ({"plain": True}, "has no gates"),
        ({**BARE, "plain": True, "n_blocks": 2}, "2 plain units"),
        ({**BARE, "plain": True, "h": "centred1"}, "h = 'centred1'"),
        ({"carry": True}, "carry: only a plain unit"),
    ],
)
def test_nets_that_cannot_be(values, message):
    with pytest.raises(ValueError, match=message):
        Topology(**{"n_in": 2, "n_out": 1, "n_blocks": 1, "block_size": 1} | values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ranks": "some"}, "ranks = 'some'"),
        ({"ranks": "all"}, "give every, too"),
        ({"ranks": "all", "every": 5, "tolerance": 2.0}, "tolerance = 2.0"),
        ({"among": 0}, "at least 1"),
        ({"marks": ()}, "at least 1"),
        ({"cap": 0}, "at least 1"),
        ({"every": -1}, "at least 1"),
    ],
)
def test_rules_that_cannot_be(values, message):
    with pytest.raises(ValueError, match=message):
        Stopping(**{"tolerance": 0.1, "among": 10} | values)


def test_the_only_mark_of_a_rule_is_the_end():
    assert Stopping(0.1, 10).marks == (Mark("solved", fewer=1, mean_below=np.inf),)
