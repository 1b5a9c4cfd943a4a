"""The first weights of a net: uniform, but for the gates' biases (Tables 10 and 11)."""

import numpy as np

from replicate.engine import draws
from replicate.topology import Topology


def initial_weights(
    topology: Topology, seed: int, weight_range: float, **biases: tuple[float, ...]
) -> np.ndarray:
    """Return (weight,) float64 uniform within ``weight_range``, but for the biases given.

    ``biases``: by unit, as ``input_gates=(-3.0, -6.0)``, one a unit; ``()`` leaves them random.
    """
    n, r = topology.n_weights, weight_range
    weights = draws.uniform(seed, "weights", 0, 1, 0, n, -r, r)[0]
    for unit, values in biases.items():
        if values:
            weights[topology.bias_index(unit)] = values
    return weights
