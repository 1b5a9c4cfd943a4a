"""Errors by age: the nets are torch's, errors fall as they must, training is repeatable."""

import numpy as np
import pytest
import torch

from replicate.flow import lags


@pytest.mark.parametrize("net", lags.NETS)
def test_steps_are_those_of_torch(net):
    rng, u = np.random.default_rng(0), lags.UNITS
    rows = lags.NETS[net][1] * u
    w = torch.as_tensor(rng.normal(size=(rows, u + 2)))
    x, *state = (torch.as_tensor(rng.normal(size=s)) for s in [(3,), (3, u), (3, u)])
    theirs = torch.nn.RNNCell(1, u) if net == "tanh net" else torch.nn.LSTMCell(1, u)
    theirs = theirs.double()
    order = [1, 2, 0, 3] if net == "LSTM" else [0]  # torch: input, forget, cell input, output
    block = torch.cat([w.split(u)[i] for i in order])
    with torch.no_grad():
        theirs.weight_ih.copy_(block[:, :1])
        theirs.weight_hh.copy_(block[:, 1:-1])
        theirs.bias_ih.copy_(block[:, -1])
        theirs.bias_hh.zero_()
        if net == "tanh net":
            (h,) = lags.tanh_step(w, x, (state[0],))
            assert h.numpy() == pytest.approx(theirs(x[:, None], state[0]).numpy())
        else:
            # our rows: cell input, input, forget, output
            s, h = lags.lstm_step(w, x, (state[0], state[1]))
            h_torch, s_torch = theirs(x[:, None], (state[1], state[0]))
            assert s.numpy() == pytest.approx(s_torch.numpy())
            assert h.numpy() == pytest.approx(h_torch.numpy())


def test_the_first_symbol_is_what_is_asked():
    x, d = lags.sequences(5, 0, "test", 0, 100)
    assert x.shape == (6, 100)
    assert (x[0] == d).all()
    assert set(d.tolist()) == {-1, 1}
    assert x[1:].std() == pytest.approx(lags.NOISE, rel=0.1)


def test_errors_fall_back_as_the_jacobian_says():
    w = torch.zeros(lags.UNITS, lags.UNITS + 2, dtype=torch.float64)
    w[:, 1:-1] = 0.5 * torch.eye(lags.UNITS)
    out = torch.zeros(lags.UNITS + 1, dtype=torch.float64)
    out[0] = 1.0
    errors, _ = lags.measure("tanh net", w.requires_grad_(), out, 4, 0)
    assert errors[1:] / errors[:-1] == pytest.approx(np.full(4, 0.5))


@pytest.mark.parametrize("net", lags.NETS)
def test_a_short_gap_is_learned(net):
    one, two = (lags.learn(net, 2, 0, updates=40) for _ in range(2))
    assert (one.after == two.after).all()
    assert one.right > 0.95 > one.right_before
    assert one.before.shape == (3,)
