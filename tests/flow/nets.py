"""Small random nets that several tests of error flow look at."""

import numpy as np
from hypothesis import strategies as st

from replicate.flow import paths

KINDS = ("linear", "tanh", "logistic")


@st.composite
def nets(draw, most=4):
    """Draw a kind of unit, weights (n, n), and net inputs (q + 1, n) of a free net."""
    unit, n, q = (
        draw(st.sampled_from(KINDS)),
        draw(st.integers(1, most)),
        draw(st.integers(1, 5)),
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    w = rng.normal(size=(n, n)) * draw(st.floats(0.1, 3))
    return unit, w, paths.run(w, unit, rng.normal(size=n), q)
