"""Long time lags: Experiment 2 of Hochreiter & Schmidhuber (1997), section 5.2, Tables 2 and 3.

The net reads symbols. It must tell at the end which of two symbols came near the beginning:

    2a   x a1 a2 a3 x           between them always the same symbols; predict each next symbol
    2b   x a3 a1 a1 x           between them random symbols; predict each next symbol
    2c   b x a3 a1 a1 a2 e x    random symbols, random in number; predict only what follows e
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.errors import SettingError
from replicate.initial import initial_weights
from replicate.settings import Setting, choice, per_task, ranged
from replicate.topology import Growth, Sequences, Stopping, Topology, Update

WHICH, MORE, BETWEEN = 0, 1, 4
"""Which draws of a sequence decide what; the symbols in between take one draw each."""
AT_LEAST = np.array([2**64 * 9**k // 10**k for k in range(1, 422)], np.uint64)[::-1]
"""Thresholds of a 64-bit draw: it is below that of k with probability 0.9^k, k = 421 … 1."""


@dataclass(frozen=True)
class LongLag(Setting):
    """Tasks 2a, 2b and 2c, the 1997 net and its rivals; defaults are the paper's."""

    experiment: ClassVar[str] = "hochreiter1997/long-lag"
    version: ClassVar[int] = 1
    before: ClassVar[dict[str, Any]] = {"errors": "all"}
    smoke: ClassVar[dict[str, Any]] = {"p": 10, "cap": 2000, "n_frozen": 100, "n_test": 100}

    task: str = choice("2a", "2b", "2c")
    p: int = per_task(2, 10_000, _2a=100, _2b=100, _2c=50)  # 2a, 2b: the lag; 2c: distractors
    q: int = per_task(0, 100_000, _2a=0, _2b=0, _2c=50)  # Table 3: the lag of 2c, less one
    net: str = choice("lstm", "rtrl", "bptt")  # Table 2
    learning_rate: float = per_task(0.0, 100.0, _2a=1.0, _2b=1.0, _2c=0.01)  # Table 10
    weight_range: float = ranged(0.2, 0.0, 10.0)  # Table 11: uniform in [-0.2, 0.2]
    # Section 5.2: in 2a and 2b there is an error at each step. A reading of 2b: at the last.
    errors: str = choice("all", "last")
    # Unclear in section 5.2: weights change after each sequence, or after each step. RTRL
    # changes them after each step, BPTT after each sequence; in 2c the two are one.
    update_after: str = choice("sequence", "step")
    # Section 5.2: in 2a and 2b the cell is added when the error has stopped falling. The rule
    # is ours: it has when the mean |error| of stall_window sequences is not below stall_falls
    # times that of as many before.
    grown: bool = per_task(_2a=True, _2b=True, _2c=False)
    stall_window: int = ranged(100, 1, 1_000_000)
    stall_falls: float = ranged(0.95, 0.0, 2.0)
    tolerance: float = per_task(0.0, 1.0, _2a=0.25, _2b=0.25, _2c=0.2)  # section 5.2, Table 11
    n_frozen: int = ranged(10_000, 1, 1_000_000)  # section 5.2: all of so many must be right
    # Ours: training sequences between two looks at whether they are.
    every: int = per_task(1, 1_000_000, _2a=10, _2b=10, _2c=1000)
    cap: int = ranged(5_000_000, 1, 2**31 - 1)  # Tables 2 and 11
    n_test: int = ranged(2560, 1, 2**24)  # ours, seen after success

    def check(self) -> None:
        """Raise ``SettingError`` for what a task has not, or a rival does not do."""
        rule = {"rtrl": "step", "bptt": "sequence"}.get(self.net, self.update_after)
        if (self.q > 0) != (self.task == "2c"):
            allowed = "at least 1" if self.task == "2c" else "0, as only 2c has a q"
            raise SettingError(f"q = {self.q} in task {self.task}: give {allowed}")
        if self.net != "lstm" and self.task == "2c":
            raise SettingError(f"net = {self.net!r} in task 2c: give lstm")
        if self.update_after != rule:
            raise SettingError(
                f"update_after = {self.update_after!r} with net {self.net}: give {rule}"
            )
        if self.errors == "last" and self.task != "2b":
            raise SettingError(f"errors = 'last' in task {self.task}: give all")
        if self.grown and (self.net != "lstm" or self.task == "2c"):
            raise SettingError(
                f"grown = True in task {self.task} with net {self.net}: give false; a cell is "
                "added in 2a and 2b to an lstm only"
            )

    def topology(self) -> Topology:
        """Return the net: 2c fully connected, 2a and 2b as in Table 10, none with biases.

        In 2a and 2b inputs also feed the outputs. There is one cell with an input gate only,
        g in (0, 1), h the identity; or, for rivals, one logistic unit that feeds itself. That
        of RTRL goes on from sequence to sequence while it learns ("no activation resets").
        """
        if self.task == "2c":
            return Topology(self.p + 4, 2, n_blocks=2, block_size=1, symbols=True)
        lstm = self.net == "lstm"
        return Topology(
            n_in=self.p + 1, n_out=self.p + 1, n_blocks=1, block_size=1,
            input_gate=lstm, output_gate=False, recurrent=False, input_to_output=True,
            g="logistic", h="identity", symbols=True,
            plain=not lstm, carry=self.net == "rtrl",
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the fewest steps that a symbol must be kept, as Tables 2 and 3 count them."""
        return self.q + 1 if self.task == "2c" else self.p

    def update(self) -> Update:
        """Return the on-line rule."""
        return Update(self.learning_rate, every=self.update_after)

    def stopping(self) -> Stopping:
        """Return the rule that a frozen net must be right in a long row of new sequences."""
        return Stopping(
            self.tolerance, self.n_frozen, every=self.every, cap=self.cap, n_test=self.n_test
        )

    def growth(self) -> Growth | None:
        """Return when the memory cell and its input gate are added."""
        return Growth(self.stall_window, self.stall_falls) if self.grown else None

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64, uniform."""
        return initial_weights(self.topology(), seed, self.weight_range)

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial.

        The last symbol is a target only. What a net is judged by, in the streams "check" and
        "test", is every prediction in 2a and the last one in 2b (section 5.2).
        """
        if self.task == "2c":
            words = draws.words(seed, stream, first, count, 0, BETWEEN)
            which = draws.below(words[:, WHICH], 2)
            return self._delayed(seed, stream, first, which, longer(words[:, MORE : MORE + 2]))
        p, symbols = self.p, self.symbols(seed, stream, first, count)
        last_only = self.errors == "last" or stream != "training"
        judged = p - 1 if self.task == "2b" and last_only else 0
        return Sequences(
            inputs=symbols[:, :p],
            lengths=np.full(count, p, np.int32),
            target_times=np.tile(np.arange(judged, p, dtype=np.int32), (count, 1)),
            targets=symbols[:, judged + 1 :],
            n_out=p + 1,
        )

    def symbols(self, seed: int, stream: str, first: int, count: int) -> np.ndarray:
        """Return sequences of 2a and 2b, (sequence, p + 1): inputs and the last target."""
        words, p = draws.words(seed, stream, first, count, 0, BETWEEN), self.p
        symbols = np.empty((count, p + 1), np.int32)
        symbols[:, 0] = symbols[:, p] = p - 1 + draws.below(words[:, WHICH], 2)
        symbols[:, 1:p] = np.arange(p - 1)
        if self.task == "2b":
            words = draws.words(seed, stream, first, count, BETWEEN, p - 1)
            symbols[:, 1:p] = draws.below(words, p - 1)
        return symbols

    def _delayed(
        self, seed: int, stream: str, first: int, which: np.ndarray, more: np.ndarray
    ) -> Sequences:
        """Return sequences of 2c, symbols numbered a1, …, ap, e, b, x, y."""
        p, count, between = self.p, len(which), self.q + more
        words = draws.words(seed, stream, first, count, BETWEEN, int(between.max()))
        inputs = np.empty((count, words.shape[1] + 3), np.int32)
        inputs[:, 0] = p + 1
        inputs[:, 1] = p + 2 + which
        inputs[:, 2:-1] = draws.below(words, p)
        inputs[np.arange(inputs.shape[1]) >= 2 + between[:, None]] = p
        lengths = (between + 3).astype(np.int32)
        return Sequences(
            inputs=inputs,
            lengths=lengths,
            target_times=lengths[:, None] - 1,
            targets=np.eye(2)[which][:, None],
        )


def spelled(setting: LongLag, seed: int, count: int) -> list[str]:
    """Return training sequences as section 5.2 writes them, the last symbol a target only."""
    shown, is_2c = setting.sequences(seed, "training", 0, count), setting.task == "2c"
    last = (
        setting.p + 2 + shown.targets[:, -1].argmax(axis=1) if is_2c else shown.targets[:, -1]
    )
    names = [f"a{i + 1}" for i in range(setting.p if is_2c else setting.p - 1)]
    names += ["e", "b", "x", "y"] if is_2c else ["x", "y"]
    rows = zip(shown.inputs, shown.lengths, last, strict=True)
    return [" ".join(names[k] for k in [*symbols[:n], d]) for symbols, n, d in rows]


def longer(words: np.ndarray) -> np.ndarray:
    """Return (sequence,) int64 of k with probability 0.1 * 0.9^k, from (sequence, 2) words.

    It is exact to one part in 2^64; k is at most 421.
    """
    drawn = words[:, 0].astype(np.uint64) << np.uint64(32) | words[:, 1].astype(np.uint64)
    return len(AT_LEAST) - np.searchsorted(AT_LEAST, drawn, side="right")
