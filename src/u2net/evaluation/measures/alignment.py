"""Counts of hits and false alarms -> E-measure (Fan et al., IJCAI 2018), as PySODMetrics forms it.

Of binary planes the measure is a function of four counts; so a curve over all thresholds needs one
histogram and no pixel.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.intp]
Values = NDArray[np.float64]

EPSILON = float(np.spacing(1))


def e_measure(hits: Counts, alarms: Counts, foreground: int, size: int) -> Values:
    """E-measure of binary masks, (masks,), as `hits` and `alarms` are.

    `hits` are foreground pixels of each mask that are foreground of the truth too, `alarms` those
    that are not; the truth has `foreground` of `size` pixels. Of a truth without foreground it is
    the share of the mask's background, of one without background that of its foreground. Divided
    by size − 1 as the authors do, it may exceed 1 a little.
    """
    positive = hits + alarms
    aligned: Values
    if foreground == 0:
        aligned = np.asarray(size - positive, np.float64)
    elif foreground == size:
        aligned = np.asarray(positive, np.float64)
    else:
        misses = foreground - hits
        counts = (hits, alarms, misses, size - positive - misses)
        ours, theirs = positive / size, foreground / size
        pairs = ((1 - ours, 1 - theirs), (1 - ours, -theirs), (-ours, 1 - theirs), (-ours, -theirs))
        aligned = np.zeros(len(hits))
        for count, (a, b) in zip(counts, pairs, strict=True):
            aligned += count * (2 * a * b / (a**2 + b**2 + EPSILON) + 1) ** 2 / 4
    return aligned / (size - 1 + EPSILON)
