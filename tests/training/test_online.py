"""On-line training: against the nine equations and the engine, alone and side by side."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from replicate.cells import lstm97
from replicate.engine import training
from replicate.tasks.adding import Adding
from replicate.topology import Sequences, Stopping, Topology, Update
from replicate.training import online, showing
from tests.cells.nine_equations import gradient_step
from tests.engine.nets import streak

EACH = Update(0.5)
SHORT = streak(tolerance=0.2, mean_below=0.1, length=8, cap=150, n_test=40)
NET = Topology(2, 2, 2, 2, bias_cells=True, bias_gates=True, bias_outputs=True)


@dataclass(frozen=True)
class Latch:
    """Say what the first of some numbers was, and their sum so far."""

    net: Topology = NET
    rule: Update = EACH
    stop: Stopping = SHORT
    every_step: bool = False

    def topology(self):
        return self.net

    def update(self):
        return self.rule

    def stopping(self):
        return self.stop

    def growth(self):
        return None

    def initial_weights(self, seed):
        return np.random.default_rng(seed).uniform(-0.5, 0.5, self.net.n_weights)

    def sequences(self, seed, stream, first, count):
        made = [self.sequence(seed, stream, n) for n in range(first, first + count)]
        return Sequences(*(np.stack(part) for part in zip(*made, strict=True)))

    def sequence(self, seed, stream, n):
        draw = np.random.default_rng([seed, len(stream), n])
        x, length = draw.uniform(-1, 1, (6, 2)), draw.integers(3, 7)
        if self.net.symbols:
            x = draw.integers(0, self.net.n_in, 6).astype(np.int32)
        values = x.reshape(6, -1)[:, 0]
        first, sums = np.full(6, 0.5 + values[0] / 4), 0.5 + np.cumsum(values) / 12
        every = np.where(np.arange(6) < length, np.arange(6), -1)
        times = every if self.every_step else np.array([length - 1])
        targets = np.stack([first, sums], axis=1)[times]
        return x, np.int32(length), times.astype(np.int32), targets


def outcomes(setting, seeds, **how):
    return {o.seed: o for o in online.walk(setting, seeds, **how)}


def same(one, other, rtol=1e-9):
    for name in ("seed", "status", "sequences", "steps"):
        assert getattr(one, name) == getattr(other, name)
    np.testing.assert_allclose(one.weights, other.weights, rtol=rtol, atol=1e-12)
    assert one.test == pytest.approx(other.test, rel=1e-9)
    assert np.array(one.curve) == pytest.approx(np.array(other.curve), rel=2e-4)


@pytest.mark.parametrize("every_step", [False, True])
def test_sequence_by_sequence_it_follows_the_nine_equations(every_step):
    setting = Latch(every_step=every_step, stop=streak(0.2, 0.0, 8, cap=30, n_test=1))
    weights = setting.initial_weights(7)
    for n in range(30):
        x, length, times, targets = setting.sequence(7, "training", n)
        wanted = {int(t): list(d) for t, d in zip(times, targets, strict=True) if t >= 0}
        change, _ = gradient_step(NET, list(weights), x[:length].tolist(), wanted)
        weights = weights + setting.rule.learning_rate * np.array(change)
    (trained,) = online.walk(setting, [7])
    assert trained.sequences == 30
    np.testing.assert_allclose(trained.weights, weights, rtol=1e-10, atol=1e-13)


B = Topology(3, 2, 1, 2, output_gate=False, recurrent=False, input_to_output=True, symbols=True)
SETTINGS = {
    "sequence": Latch(),
    "sequence, targets at each step": Latch(every_step=True),
    "sequence, momentum": Latch(rule=Update(0.2, "sequence", 0.7)),
    "step": Latch(rule=Update(0.2, "step"), every_step=True),
    "step, momentum": Latch(rule=Update(0.1, "step", 0.7), every_step=True),
    "the adding problem": Adding(T=20, cap=60, n_test=20),
    "step, symbols, no output gate": Latch(B, Update(0.3, "step"), every_step=True),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
def test_it_is_the_engines_twin(setting):
    twins = {o.seed: o for o in training.walk(setting, iter(range(5)), chunk=1600)}
    for seed, trained in outcomes(setting, range(5)).items():
        same(trained, twins[seed])


def test_trials_end_in_their_own_time():
    found = outcomes(Latch(), range(5)).values()
    assert len({o.sequences for o in found if o.status == "solved"}) > 2


@pytest.mark.parametrize("name", ["sequence", "step"])
def test_trials_together_are_trials_alone_whatever_the_chunks(name, monkeypatch):
    setting = SETTINGS[name]
    together = outcomes(setting, range(4))
    monkeypatch.setattr(online, "CHUNK", 3)
    monkeypatch.setattr(showing, "TEST_CHUNK", 7)
    for seed in range(4):
        (alone,) = online.walk(setting, [seed])
        same(together[seed], alone)


def test_one_target_makes_step_and_sequence_the_same():
    by_step = outcomes(Latch(rule=Update(0.5, "step")), [1])[1]
    same(by_step, outcomes(Latch(), [1])[1])


def test_test_numbers_are_those_of_the_final_weights():
    setting = Latch(every_step=True, stop=streak(0.45, 0.2, 25, cap=5, n_test=9))
    (trained,) = online.walk(setting, [2])
    sizes = []
    for n in range(9):
        x, length, _, targets = setting.sequence(2, "test", n)
        y_k = lstm97.inside(NET, trained.weights, x[:length])["y_k"]
        sizes.append(np.abs(y_k - targets[:length]))
    assert trained.test == pytest.approx({
        "sequences": 9,
        "wrong": sum(s.max() >= 0.45 for s in sizes),
        "mean_abs_error": np.mean([s.mean() for s in sizes]),
        "mean_squared_error": np.mean([(s**2).mean() for s in sizes]),
    })  # fmt: skip


def test_divergence_ends_only_the_trial_that_diverges():
    class Exploding(Latch):
        def initial_weights(self, seed):
            return super().initial_weights(seed) * (1e200 if seed == 1 else 1)

    net = Topology(2, 2, 2, 2, g="identity", h="identity", output="identity")
    found = outcomes(Exploding(net, Update(0.01), streak(0.45, 0, 25, 40, 9)), range(3))
    assert [found[seed].status for seed in range(3)] == ["capped", "diverged", "capped"]
    assert found[1].weights.size == 0
    assert found[1].test == {}
    assert found[1].sequences < 40


def test_float32_is_what_it_says():
    (single,) = online.walk(Latch(), [0], dtype="float32")
    np.testing.assert_array_equal(single.weights, single.weights.astype(np.float32))
    (double,) = online.walk(Latch(), [0])
    assert (double.weights != double.weights.astype(np.float32)).any()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", ["sequence", "step"])
def test_cuda_trains_the_same(name):
    setting = SETTINGS[name]
    on_cpu = outcomes(setting, range(4))
    for seed, trained in outcomes(setting, range(4), device="cuda").items():
        same(trained, on_cpu[seed], rtol=1e-6)
