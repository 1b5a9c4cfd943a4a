"""One digest: whatever a trial is computed with, beside or in pieces of, it ends the same."""

import shutil
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from replicate import parallel
from replicate.engine import build, draws, lanes, library, training
from replicate.outcome import digest
from replicate.tasks.adding import Adding
from replicate.tasks.long_lag import LongLag
from replicate.topology import Sequences, Topology, Update
from tests.engine.nets import QUICK, streak

DTYPES = list(library.PRECISIONS)
SHORT = replace(QUICK, cap=300)
SETTINGS = {
    "adding": SHORT,
    "other net": Adding(
        T=23, cap=150, n_test=50, n_blocks=3, block_size=1, input_gate_bias=(0.0, -1.0, -2.0),
        output_unit="centred2", reset=0.5, first_pair="zeroed",
    ),
    "many outputs": LongLag(task="2b", p=10, cap=150, n_frozen=20, n_test=50),
}  # fmt: skip


class Faint:
    """The adding problem with input gates so shut that its traces are denormal numbers.

    The gates are at the clamp of the exponential, hardly above the ``smallest`` normal number;
    the learning rate is so large that the weights follow.
    """

    net = Topology(2, 1, 2, 2, bias_gates=True, g="centred1")
    stop = streak(0.04, 0.0, 10, 60, 16)

    def __init__(self, dtype):
        self.smallest = float(np.finfo(dtype).tiny)

    def topology(self):
        return self.net

    def update(self):
        return Update(2.0**-4 / self.smallest)

    def stopping(self):
        return self.stop

    def growth(self):
        return None

    def initial_weights(self, seed):
        weights = draws.uniform(seed, "weights", 0, 1, 0, self.net.n_weights, -1.0, 1.0)[0]
        weights[self.net.bias_index("input_gates")] = np.log(self.smallest) - 10
        return weights

    def sequences(self, seed, stream, first, count):
        return SHORT.sequences(seed, stream, first, count)


class Symbols:
    """Say at each step which symbol came first; the weights change after each step."""

    net = Topology(4, 4, 2, 1, output_gate=False, input_to_output=True, symbols=True)

    def topology(self):
        return self.net

    def update(self):
        return Update(0.3, "step", 0.5)

    def stopping(self):
        return streak(0.25, 0.1, 40, 200, 32)

    def growth(self):
        return None

    def initial_weights(self, seed):
        return draws.uniform(seed, "weights", 0, 1, 0, self.net.n_weights, -0.2, 0.2)[0]

    def sequences(self, seed, stream, first, count):
        words = draws.words(seed, stream, first, count, 0, 10)
        symbols = draws.below(words[:, 1:], 4).astype(np.int32)
        lengths = (5 + draws.below(words[:, 0], 5)).astype(np.int32)
        steps = np.arange(9, dtype=np.int32)
        times = np.where(steps < lengths[:, None], steps, np.int32(-1))
        targets = np.eye(4)[np.repeat(symbols[:, :1], 9, axis=1)]
        return Sequences(symbols, lengths, times, targets)


def digests(setting, dtype="float64", seeds=range(3), **how):
    return {o.seed: digest(o) for o in training.walk(setting, iter(seeds), dtype, **how)}


def cases():
    for dtype in DTYPES:
        for name, setting in {**SETTINGS, "faint": Faint(dtype), "symbols": Symbols()}.items():
            yield pytest.param(setting, dtype, id=f"{name}-{dtype}")


every_case = pytest.mark.parametrize(("setting", "dtype"), list(cases()))


@every_case
def test_alone_among_others_in_any_order_and_lane(setting, dtype):
    among = digests(setting, dtype, range(11))
    assert len(set(among.values())) == 11
    assert digests(setting, dtype, reversed(range(11))) == among
    for seed in (0, 9):
        assert digests(setting, dtype, [seed]) == {seed: among[seed]}


@every_case
def test_chunks_of_one_or_a_thousand_sequences(setting, dtype):
    one = setting.sequences(0, "training", 0, 1)
    size = one.inputs.nbytes + one.targets.nbytes
    found = [digests(setting, dtype, chunk=n * size) for n in (1, 7, 1000)]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_thread_or_two(dtype):
    setting = replace(SHORT, dtype=dtype)
    one, two = (
        parallel.in_threads(setting, range(20), threads, backend="engine", device="cpu")
        for threads in (1, 2)
    )
    assert {o.seed: digest(o) for o in one} == {o.seed: digest(o) for o in two}


@pytest.fixture
def use(monkeypatch):
    """Return a function that has ``lanes`` and ``draws`` call another engine."""

    def use(engine):
        for module in (lanes, draws):
            monkeypatch.setattr(module, "engine", lambda: engine)

    return use


@pytest.mark.parametrize("variant", build.VARIANTS)
@every_case
def test_every_variant(setting, dtype, variant, use):
    if variant == "avx2" and not library.engine().has_avx2():
        pytest.skip("this processor has no AVX2")
    expected = digests(setting, dtype)
    use(library.load(build.library(build.LIBRARIES, variant)))
    assert digests(setting, dtype) == expected


@pytest.fixture(scope="module")
def by_gcc(tmp_path_factory):
    if not shutil.which("gcc"):
        pytest.skip("there is no gcc to compare with")
    with pytest.MonkeyPatch.context() as patch:  # -O1: soon done, and one difference more
        patch.setattr(build, "EXACT", ["-O1", *build.EXACT[1:]])
        patch.setattr(build, "VARIANTS", {"baseline": []})
        (path,) = build.build(tmp_path_factory.mktemp("gcc"), ["gcc"])
    return library.load(path)


@every_case
def test_two_compilers(setting, dtype, by_gcc, use):
    expected = digests(setting, dtype)
    use(by_gcc)
    assert digests(setting, dtype) == expected


@every_case
def test_native_or_wasm(setting, dtype, wasm, use):
    expected = digests(setting, dtype)
    use(wasm)
    assert digests(setting, dtype) == expected


def flushing(call):
    """Return what a call returns in a thread that flushes denormal numbers to zero."""
    found = []

    def work():
        if not torch.set_flush_denormal(True):
            return
        found.append(call())
        still = sys.float_info.min * 0.5 == 0.0
        found.append(still)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if not found:
        pytest.skip("this processor cannot flush denormal numbers")
    assert found[1], "the caller's own way with denormal numbers was not given back"
    return found[0]


@every_case
def test_callers_flushing_of_denormals_does_not_matter(setting, dtype):
    assert flushing(lambda: digests(setting, dtype)) == digests(setting, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_faint_trials_do_learn_from_denormal_traces(dtype):
    setting = Faint(dtype)
    (outcome,) = training.walk(setting, iter([0]), dtype)
    changed = outcome.weights != setting.initial_weights(0).astype(dtype)
    assert outcome.status == "capped"
    cells, gates = setting.net.n_cells * setting.net.n_sources, 2 * (setting.net.n_sources + 1)
    assert changed[:cells].any()
    assert changed[cells : cells + gates].any()
    assert not changed[cells + gates :].any()
