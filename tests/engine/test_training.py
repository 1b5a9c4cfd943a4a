"""Marks, frozen checks, growth, ranks and plain units: the engine does what the cells do."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from replicate.engine import draws, training
from replicate.outcome import digest
from replicate.topology import Growth, Mark, Sequences, Stopping, Topology, Update
from replicate.training import online
from tests.engine.nets import QUICK

EACH, ST = Update(1.0), Stopping(0.4, 60, (Mark("ST1", 20), Mark()), 30, cap=900, n_test=50)
FIRST = Topology(
    4, 4, 1, 1, output_gate=False, recurrent=False, input_to_output=True, g="logistic",
    h="identity", symbols=True,
)  # fmt: skip
PLAIN = replace(FIRST, input_gate=False, plain=True)


@dataclass(frozen=True)
class Echo:
    """Say at the end, or at each step, which symbol came first, 0 or 1; others are 2 or 3."""

    net: Topology = FIRST
    rule: Update = EACH
    stop: Stopping = ST
    grows: Growth | None = None
    each_step: bool = False
    steps: int = 4

    def topology(self):
        return self.net

    def update(self):
        return self.rule

    def stopping(self):
        return self.stop

    def growth(self):
        return self.grows

    def initial_weights(self, seed):
        return draws.uniform(seed, "weights", 0, 1, 0, self.net.n_weights, -0.2, 0.2)[0]

    def sequences(self, seed, stream, first, count):
        words = draws.words(seed, stream, first, count, 0, self.steps)
        symbols = 2 + draws.below(words, 2).astype(np.int32)
        symbols[:, 0] -= 2
        times = np.arange(self.steps, dtype=np.int32)[0 if self.each_step else -1 :]
        targets = np.eye(4)[symbols[:, :1].repeat(len(times), axis=1)]
        lengths = np.full(count, self.steps, np.int32)
        return Sequences(symbols, lengths, np.tile(times, (count, 1)), targets)


WINDOW = Stopping(0.4, 40, (Mark("half", 20), Mark("few", 4, 0.2), Mark()), cap=900, n_test=50)
RANKED = Stopping(0.5, 60, (Mark("most", 20), Mark()), every=20, cap=600, n_test=50)
CASES = {
    "frozen checks": Echo(),
    "the same check": Echo(stop=replace(ST, same=True)),
    "window": Echo(stop=WINDOW),
    "cap at a check": Echo(stop=replace(ST, cap=300)),
    "growth": Echo(grows=Growth(20, 0.99)),
    "growth, each step": Echo(rule=Update(0.5, "step"), grows=Growth(20, 0.99), each_step=True),
    "all in order": Echo(stop=replace(RANKED, ranks="all")),
    "best in order": Echo(stop=replace(RANKED, ranks="best"), each_step=True),
    "BPTT": Echo(PLAIN, steps=3),
    "RTRL": Echo(PLAIN, Update(1.0, "step"), each_step=True, steps=3),
    "plain, biased": Echo(replace(PLAIN, bias_cells=True, reset=0.5), each_step=True),
}
CARRIED = Echo(  # the cells go back to the beginning for it, and take minutes
    replace(PLAIN, carry=True), Update(1.0, "step"), each_step=True, steps=3,
    stop=Stopping(0.55, 60, every=20, cap=600, n_test=50),
)  # fmt: skip
AMONG = {name: CASES[name] for name in ("frozen checks", "window", "growth", "best in order")}
AMONG["carried on"] = CARRIED


def outcomes(setting, seeds=range(5), **how):
    return {o.seed: o for o in training.walk(setting, iter(seeds), **how)}


@pytest.mark.parametrize("setting", CASES.values(), ids=CASES.keys())
def test_the_engine_ends_where_the_cells_do(setting):
    found = outcomes(setting)
    assert any(o.status == "solved" for o in found.values()) or setting.net.plain
    for twin in online.walk(setting, range(5)):
        one = found[twin.seed]
        for name in ("status", "sequences", "steps"):
            assert getattr(one, name) == getattr(twin, name), name
        assert one.test == pytest.approx(twin.test, rel=1e-8)
        np.testing.assert_allclose(one.weights, twin.weights, rtol=1e-8, atol=1e-10)


def test_a_net_that_is_not_reset_carries_its_derivatives_on():
    net, short = replace(PLAIN, carry=True), Stopping(0.4, 60, every=40, cap=80, n_test=50)
    setting = Echo(net, Update(1.0, "step"), short, each_step=True, steps=3)
    carried = outcomes(setting, range(2))
    reset = outcomes(replace(setting, net=PLAIN), range(2))
    for twin in online.walk(setting, range(2)):
        np.testing.assert_allclose(carried[twin.seed].weights, twin.weights, rtol=1e-8)
        assert np.abs(reset[twin.seed].weights - twin.weights).max() > 1e-3


@pytest.mark.parametrize("setting", AMONG.values(), ids=AMONG.keys())
def test_one_digest_alone_or_among_others_in_any_chunks(setting):
    seeds = range(11)
    alone = {seed: digest(outcomes(setting, [seed])[seed]) for seed in seeds}
    assert len(set(alone.values())) == len(seeds)
    for chunk in (1, 3000, 10**7):
        among = outcomes(setting, seeds, chunk=chunk)
        assert {seed: digest(o) for seed, o in among.items()} == alone
        assert len({o.sequences for o in among.values()}) > 2, "some end before others"


def test_a_mark_before_the_last_is_kept_with_its_own_test():
    found = outcomes(CASES["window"])
    passed = [o.test for o in found.values() if o.status == "solved"]
    assert passed
    for test in passed:
        assert test["half.sequences"] <= test["few.sequences"]
        assert test["half.wrong"] >= test["wrong"]
        assert test["half.mean_abs_error"] > test["mean_abs_error"]


def test_a_young_net_says_what_a_net_without_cells_says():
    never = Echo(grows=Growth(10**6, 0.0), stop=replace(WINDOW, cap=100))
    (young,) = outcomes(never, [1]).values()
    into_cells = FIRST.n_hidden * FIRST.n_sources
    first = never.initial_weights(1)
    np.testing.assert_array_equal(young.weights[:into_cells], first[:into_cells])
    assert not young.weights[FIRST.cell_to_output].any()


def test_quick_adding_with_marks_stops_within_the_same_trial():
    rule = QUICK.stopping()
    (plain,) = outcomes(QUICK, [2]).values()

    class Marked:
        def __getattr__(self, name):
            return getattr(QUICK, name)

        def stopping(self):
            return replace(rule, marks=(Mark("early", 20), *rule.marks))

    (marked,) = outcomes(Marked(), [2]).values()
    assert marked.sequences == plain.sequences > marked.test["early.sequences"]
    np.testing.assert_array_equal(marked.weights, plain.weights)
