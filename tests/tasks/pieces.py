"""What must hold of every task: how many sequences are drawn at a time does not matter."""

import numpy as np


def pieces_are_the_whole(setting, seed, stream, first, counts):
    """Compare sequences drawn all at once with the same drawn so many at a time."""
    whole = setting.sequences(seed, stream, first, sum(counts))
    at = 0
    for count in counts:
        piece = setting.sequences(seed, stream, first + at, count)
        for name in ("inputs", "lengths", "target_times", "targets"):
            part = getattr(whole, name)[at : at + count]
            np.testing.assert_array_equal(getattr(piece, name), part)
        at += count
