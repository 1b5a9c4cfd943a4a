"""Mini-batch training of torch's own nets, judged sequence by sequence."""

import numpy as np
import pytest
import torch

from replicate.outcome import digest
from replicate.tasks.adding_modern import AddingModern
from replicate.training import modern

# Chance is good enough for these, so that the stopping rule can be met at once.
EASY = {"T": 20, "tolerance": 0.6, "mean_below": 0.5, "n_test": 50, "hidden_size": 4}


def trained(seed=0, **values):
    (outcome,) = modern.walk(AddingModern.of(values), [seed])
    return outcome


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_it_stops_within_a_batch_before_the_weights_change(cell):
    solved = trained(cell=cell, streak=70, **EASY)
    assert (solved.status, solved.sequences) == ("solved", 70)
    lengths = AddingModern.of(EASY).sequences(0, "training", 0, 70).lengths
    assert solved.steps == lengths.sum()
    two_updates = trained(cell=cell, cap=65, **EASY)
    assert (two_updates.status, two_updates.sequences) == ("capped", 65)
    np.testing.assert_array_equal(solved.weights, two_updates.weights)
    assert (solved.weights != trained(cell=cell, cap=64, **EASY).weights).any()


@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_the_global_generator_does_not_matter(cell):
    torch.manual_seed(1)
    one = trained(cell=cell, cap=100, **EASY)
    torch.manual_seed(2)
    assert digest(trained(cell=cell, cap=100, **EASY)) == digest(one)
    assert digest(trained(1, cell=cell, cap=100, **EASY)) != digest(one)


def test_the_first_step_is_adams_on_the_clipped_mean_squared_error():
    setting = AddingModern(**EASY, cap=33, learning_rate=0.1, clip=1e-9)
    (found,) = modern.walk(setting, [0])
    start = setting.initial_weights(0)
    # With gradients as small as Adam's epsilon of 1e-8 the step falls far short of 0.1.
    assert 0 < np.abs(found.weights - start).max() < 0.02
    free = trained(cap=33, learning_rate=0.1, **EASY).weights
    assert np.median(np.abs(free - start)) == pytest.approx(0.1, rel=1e-3)


def test_learning_rate_too_high_is_capped_or_diverged_never_nan():
    wild = trained(cap=2000, learning_rate=10.0, clip=1e6, **{**EASY, "tolerance": 0.01})
    assert wild.status in ("capped", "diverged")


def test_test_numbers_are_those_of_the_final_weights(monkeypatch):
    setting = AddingModern(**EASY, cap=200)
    (found,) = modern.walk(setting, [4])
    net = modern.Net(setting, 4)
    torch.nn.utils.vector_to_parameters(torch.tensor(found.weights).float(), net.parameters())
    shown = setting.sequences(4, "test", 0, 50)
    sizes = []
    for x, n, d in zip(shown.inputs, shown.lengths, shown.targets, strict=True):
        y = net(torch.tensor(x[:n, None]).float(), torch.tensor([n - 1]))
        sizes.append(abs(y.item() - d.item()))
    assert found.test["wrong"] == sum(size >= 0.6 for size in sizes)
    assert found.test["mean_abs_error"] == pytest.approx(np.mean(sizes), rel=1e-5)


@pytest.mark.slow
def test_lstm_solves_a_short_task():
    short = {"T": 20, "hidden_size": 16, "learning_rate": 0.01, "batch_size": 16}
    solved = trained(**short, streak=300, mean_below=0.015, n_test=256, cap=40_000)
    assert solved.status == "solved"
    assert solved.test["wrong"] < 10


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_cuda_trains_alike(cell):
    setting = AddingModern(**EASY, cell=cell, cap=65)
    (on_cpu,), (on_cuda,) = modern.walk(setting, [0]), modern.walk(setting, [0], device="cuda")
    np.testing.assert_allclose(on_cuda.weights, on_cpu.weights, rtol=1e-3, atol=1e-4)
