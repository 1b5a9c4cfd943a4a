"""The modern rivals see the sequences of 1997 and start from our own draws."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from replicate.errors import SettingError
from replicate.tasks.adding import Adding
from replicate.tasks.adding_modern import AddingModern
from replicate.training.modern import Net


@pytest.mark.parametrize(
    "first_pair", ["kept", "marked", "zeroed", "hidden", "never", "ordinary"]
)
@pytest.mark.parametrize("stream", ["training", "test"])
def test_sequences_are_those_of_1997(first_pair, stream):
    old = Adding(T=60, first_pair=first_pair).sequences(3, stream, 5, 40)
    new = AddingModern(T=60, first_pair=first_pair).sequences(3, stream, 5, 40)
    for f in fields(old):
        np.testing.assert_array_equal(getattr(new, f.name), getattr(old, f.name))


def test_criterion_and_test_are_those_of_1997():
    old, new = Adding().stopping(), AddingModern().stopping()
    for name in ("tolerance", "marks", "among", "n_test"):
        assert getattr(new, name) == getattr(old, name)


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
@pytest.mark.parametrize("hidden_size", [1, 5])
def test_weights_are_torchs(cell, hidden_size):
    setting = AddingModern(cell=cell, hidden_size=hidden_size, gate_biases="default")
    weights = setting.initial_weights(2)
    net = Net(setting, 2)
    assert len(weights) == sum(p.numel() for p in net.parameters())
    held = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
    np.testing.assert_allclose(held, weights, rtol=1e-6)
    assert np.abs(weights).max() <= hidden_size**-0.5
    assert (weights != setting.initial_weights(3)).all()


def test_chrono_gates_keep_from_1_to_T_steps():
    setting = AddingModern(hidden_size=500, T=200)
    layer = Net(setting, 0).recurrent
    first, second = (b.detach().reshape(4, 500) for b in (layer.bias_ih_l0, layer.bias_hh_l0))
    assert torch.equal(first[0], -first[1])
    assert not second[:2].any()
    keeps = torch.sort(torch.exp(first[1]).float()).values
    torch.testing.assert_close(keeps, torch.linspace(1, 199, 500), rtol=0, atol=15)
    default = Net(AddingModern(hidden_size=500, T=200, gate_biases="default"), 0).recurrent
    assert torch.equal(first[2:], default.bias_ih_l0.reshape(4, 500)[2:])
    assert torch.equal(layer.weight_hh_l0, default.weight_hh_l0)


@pytest.mark.parametrize(
    ("name", "value"), [("cell", "gru"), ("hidden_size", 0), ("dtype", "float64"), ("T", 19)]
)
def test_impossible_settings_name_the_field(name, value):
    with pytest.raises(SettingError, match=name):
        AddingModern.of({name: value})
