"""The logistic function in NumPy, bit for bit the same on every machine.

``np.exp`` is rounded otherwise by another processor; additions, multiplications and divisions
are not.
"""

from decimal import Decimal, localcontext

import numpy as np

PARTS = 256
"""Powers of 2 are held for every 256th of an exponent."""
FARTHEST = 64
"""Beyond 2^-64 the exponential stays what it is there: 1 + 2^-64 is 1."""


def _powers() -> np.ndarray:
    """Return 2^(-i / PARTS) for i = 0 … FARTHEST * PARTS."""
    with localcontext(prec=30):
        octave = [float(Decimal(2) ** (Decimal(-i) / PARTS)) for i in range(PARTS)]
    octaves = np.ldexp(octave, -np.arange(FARTHEST)[:, None]).ravel()
    return np.append(octaves, 2.0**-FARTHEST)


POWERS = _powers()
SCALE = PARTS / 0.6931471805599453
"""PARTS / ln 2"""
REST = tuple((-1 / SCALE) ** n / f for n, f in enumerate((1.0, 1.0, 2.0, 6.0, 24.0)))[::-1]
"""Taylor's series of 2^(-x / PARTS), highest power first: 1e-17 off for |x| <= 1/2."""


def logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), float64; where |x| is above 44 it is 2^-64 or 1.

    That of NaN is 1: whoever might have one looks for it in the weights.
    """
    t = np.abs(x)
    np.fmin(t, PARTS * FARTHEST / SCALE, out=t)
    t *= SCALE
    i = np.rint(t)
    t -= i
    e = t * REST[0]
    e += REST[1]
    for coefficient in REST[2:]:
        e *= t
        e += coefficient
    e *= POWERS[i.astype(np.intp)]
    return np.where(x < 0, e, 1.0) / (1.0 + e)
