"""A recurrent net of today: its layers, and where its weights stand in the flat vector."""

from dataclasses import dataclass

import numpy as np

NETS = {
    "rnn": ("z",),
    "lstm97": ("z", "i", "o"),
    "lstm2000": ("z", "i", "f", "o"),
    "peephole": ("z", "i", "f", "o"),
    "gru": ("z", "r", "u"),
}
"""The layers of each net: z is what the units take in, the others are gates."""


@dataclass(frozen=True)
class Shape:
    """One hidden layer that feeds itself, and output units that see it.

    Each unit of the layers in ``NETS`` receives the inputs at t, the units' outputs at t-1 and
    1; each output unit the units' outputs at t and 1. The flat weights list these rows in that
    order, then the outputs' rows; a peephole net has, before the outputs', a row for each of
    ``i``, ``f``, ``o`` with a weight from every cell to the gate of its block.
    """

    cell: str
    n_in: int
    n_out: int
    n_blocks: int
    block_size: int = 1

    @property
    def n_cells(self) -> int:
        """Number of cells, or of units without gates."""
        return self.n_blocks * self.block_size

    @property
    def rows(self) -> dict[str, int]:
        """Number of units in each layer; a block of cells shares its gates."""
        return {name: self.n_blocks if name in "ifo" else self.n_cells
                for name in NETS[self.cell]}  # fmt: skip

    @property
    def n_sources(self) -> int:
        """Number of units that feed a unit, the constant 1 counted."""
        return self.n_in + self.n_cells + 1

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of each matrix, in the order of the flat weights."""
        peep = (3, self.n_cells) if self.cell == "peephole" else (0, self.n_cells)
        return {"hidden": (sum(self.rows.values()), self.n_sources), "peepholes": peep,
                "outputs": (self.n_out, self.n_cells + 1)}  # fmt: skip

    @property
    def n_weights(self) -> int:
        """Number of trained weights."""
        return sum(rows * columns for rows, columns in self.sizes.values())

    def biases(self, layer: str) -> np.ndarray:
        """Return where the biases of a layer stand in the flat weights."""
        names = list(self.rows)
        first = sum(self.rows[name] for name in names[: names.index(layer)])
        return (np.arange(first, first + self.rows[layer]) + 1) * self.n_sources - 1
