"""The embedded Reber grammar: Experiment 1 of Hochreiter & Schmidhuber (1997), section 5.1.

The net reads a string symbol by symbol and predicts the next one. A Reber string begins with B,
ends with E and at each choice between follows one of two edges. An embedded string wraps one
between two T or two P; to predict the second, the net must remember the first:

    B T BTXSE T E        B P BPVVE P E        B T BPTVPSE T E
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from replicate.engine import draws
from replicate.errors import SettingError
from replicate.initial import initial_weights
from replicate.settings import Setting, choice, ranged
from replicate.topology import Sequences, Stopping, Topology, Update

SYMBOLS = "BTPSXVE"
GRAMMAR = {
    1: {"T": 2, "P": 3}, 2: {"S": 2, "X": 4}, 3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6}, 5: {"P": 4, "V": 6}, 6: {"E": 7},
}  # fmt: skip
"""Where each symbol leads from each node; the first B leads to node 1, the last E to 7."""
WRAPPER, EDGES, COINS = 0, 1, 129
"""Which draws of a string decide what; one in 1e17 would follow more than 128 edges."""
DRAWN_AT_ONCE = 256
SHORTEST = 9


@dataclass(frozen=True)
class Reber(Setting):
    """The embedded Reber grammar and the 1997 net on it; defaults are one row of Table 1."""

    experiment: ClassVar[str] = "hochreiter1997/reber"
    version: ClassVar[int] = 1
    smoke: ClassVar[dict[str, Any]] = {"n_strings": 32, "cap": 500}

    n_blocks: int = ranged(3, 1, 8)  # Tables 1 and 10: 3 blocks of 2, or 4 of 1
    block_size: int = ranged(2, 1, 8)  # Tables 1 and 10
    learning_rate: float = ranged(0.1, 0.0, 100.0)  # Tables 1 and 10: 0.1, 0.2 or 0.5
    weight_range: float = ranged(0.2, 0.0, 10.0)  # Table 11: uniform in [-0.2, 0.2]
    output_gate: bool = True  # section 5.1 also speaks of nets without
    # Table 10, one a block, a fourth -4; () is random.
    output_gate_bias: tuple[float, ...] = (-1.0, -2.0, -3.0)
    # Unclear in section 5.1: weights change after each sequence, or after each step.
    update_after: str = choice("sequence", "step")
    # Unclear in section 5.1 where two symbols are legal: both must be the most active outputs
    # (all), or the most active output must be one of them (best).
    criterion: str = choice("all", "best")
    n_sets: int = ranged(3, 1, 1000)  # section 5.1; seeds take these pairs of sets in turn
    n_strings: int = ranged(256, 1, 4096)  # section 5.1, training strings; as many test strings
    every: int = ranged(100, 1, 1_000_000)  # ours: training strings between two tests
    cap: int = ranged(150_000, 1, 2**31 - 1)  # ours; Table 1's slowest mean is 39,740

    def check(self) -> None:
        """Raise ``SettingError`` when output gates and their biases do not fit together."""
        given, wanted = list(self.output_gate_bias), self.n_blocks * self.output_gate
        if given and len(given) != wanted:
            raise SettingError(
                f"output_gate_bias = {given}: give one number for each of the {wanted} output "
                "gates, or none"
            )

    def topology(self) -> Topology:
        """Return the fully connected net of 276 weights, or 264; only gates are biased."""
        n = len(SYMBOLS)
        return Topology(
            n_in=n, n_out=n, n_blocks=self.n_blocks, block_size=self.block_size,
            output_gate=self.output_gate, bias_gates=True, symbols=True,
        )  # fmt: skip

    def minimal_lag(self) -> int:
        """Return the length of the shortest string, which section 5.1 calls the lag."""
        return SHORTEST

    def update(self) -> Update:
        """Return the on-line rule."""
        return Update(self.learning_rate, every=self.update_after)

    def stopping(self) -> Stopping:
        """Return the rule that ends training when all strings of both sets are predicted.

        Success is a matter of ranks; the tolerance only draws the learning curve.
        """
        return Stopping(
            tolerance=0.5, among=2 * self.n_strings, every=self.every, same=True,
            ranks=self.criterion, cap=self.cap, n_test=self.n_strings,
        )  # fmt: skip

    def initial_weights(self, seed: int) -> np.ndarray:
        """Return (weight,) float64: uniform, but for the output gates' biases."""
        biases = self.output_gate_bias
        return initial_weights(self.topology(), seed, self.weight_range, output_gates=biases)

    def sequences(self, seed: int, stream: str, first: int, count: int) -> Sequences:
        """Return sequences ``first`` to ``first + count - 1`` of a stream of this trial.

        "training" draws from the training set, with the symbols that come next as targets;
        "check" goes through the training set and the test set in turn, "test" through the test
        set, with the probabilities of the legal next symbols as targets.
        """
        n = self.n_strings
        table = tabled(seed % self.n_sets, n)
        if stream == "training":
            words = draws.words(seed, stream, first, count, 0, 1)
            rows = draws.below(words[:, 0], n)
        else:
            rows = np.arange(first, first + count)
            rows = n + rows % n if stream == "test" else rows % (2 * n)
        return Sequences(
            inputs=table.symbols[rows, :-1],
            lengths=table.lengths[rows],
            target_times=table.times[rows],
            targets=(table.actual if stream == "training" else table.legal)[rows],
        )


@dataclass(frozen=True)
class Table:
    """The strings of a training set, then those of its test set, as arrays."""

    symbols: np.ndarray  # (string, time) int32
    lengths: np.ndarray  # (string,) int32: predictions, one fewer than symbols
    times: np.ndarray  # (string, prediction) int32, -1 where there is none
    actual: np.ndarray  # (string, prediction, symbol): 1 for the next symbol
    legal: np.ndarray  # (string, prediction, symbol): probabilities of the next symbol


@lru_cache(maxsize=32)
def tabled(number: int, n_strings: int) -> Table:
    """Return a pair of sets as arrays."""
    training, test = pair(number, n_strings)
    strings = training + test
    n, longest = len(strings), max(map(len, strings))
    lengths = np.array([len(string) - 1 for string in strings], np.int32)
    symbols = np.zeros((n, longest), np.int32)
    legal = np.zeros((n, longest - 1, len(SYMBOLS)))
    for row, string in enumerate(strings):
        symbols[row, : len(string)] = [SYMBOLS.index(symbol) for symbol in string]
        for t, following in enumerate(successors(string)):
            for symbol in following:
                legal[row, t, SYMBOLS.index(symbol)] = 1 / len(following)
    times = np.arange(longest - 1, dtype=np.int32)
    times = np.where(times < lengths[:, None], times, np.int32(-1))
    actual = np.eye(len(SYMBOLS))[symbols[:, 1:]]
    return Table(symbols, lengths, times, actual, legal)


def pair(number: int, n_strings: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the training strings and the test strings of a pair of sets.

    A string may occur more than once, but no test string is among the training strings.
    """
    drawn = embedded_strings(number)
    training = tuple(itertools.islice(drawn, n_strings))
    known = set(training)
    return training, tuple(itertools.islice((s for s in drawn if s not in known), n_strings))


def embedded_strings(number: int) -> Iterator[str]:
    """Yield the strings from which a pair of sets is made, without end."""
    for first in itertools.count(step=DRAWN_AT_ONCE):
        words = draws.words(number, "set", first, DRAWN_AT_ONCE, 0, COINS)
        yield from map(embedded, draws.below(words, 2).tolist())


def embedded(coins: list[int]) -> str:
    """Return the embedded Reber string that these coins, 0 or 1, decide."""
    wrapper, inner, node = "TP"[coins[WRAPPER]], "B", 1
    for coin in coins[EDGES:]:
        edges = list(GRAMMAR[node])
        inner += edges[coin % len(edges)]
        node = GRAMMAR[node][inner[-1]]
        if node not in GRAMMAR:
            break
    return f"B{wrapper}{inner}{wrapper}E"


def successors(string: str) -> list[str]:
    """Return which symbols may follow each symbol of an embedded string but the last."""
    node, found = 1, ["TP", "B"]
    for symbol in string[3:-2]:
        found.append("".join(GRAMMAR[node]))
        node = GRAMMAR[node][symbol]
    return [*found, string[1], "E"]
