"""Map and truth -> S-measure (Fan, Cheng, Liu, Li and Borji, ICCV 2017), as PySODMetrics forms it.

One departure: where one of the four quarters has no pixels, PySODMetrics gives no number; here that
quarter weighs 0.
"""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
Binary = NDArray[np.bool_]

ALPHA = 0.5
"""Share of the objects in the measure; the rest is that of the regions."""

EPSILON = float(np.spacing(1))


def s_measure(saliency: Plane, truth: Binary) -> float:
    """S-measure, α = 0.5, 0…1, of a map, (height, width) float64 0…1.

    Of a truth without foreground 1 − the mean of the map, of one without background the mean.
    """
    foreground = np.count_nonzero(truth)
    if foreground in (0, truth.size):
        mean = float(saliency.mean())
        return mean if foreground else 1 - mean
    share = foreground / truth.size
    inside, outside = saliency[truth], 1 - saliency[~truth]
    objects = object_score(inside) * share + object_score(outside) * (1 - share)
    return max(0.0, ALPHA * objects + (1 - ALPHA) * region_score(saliency, truth))


def object_score(values: Plane) -> float:
    """How high and even the values of an object are."""
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return 2 * mean / (mean**2 + 1 + spread + EPSILON)


def region_score(saliency: Plane, truth: Binary) -> float:
    """Similarity of the four quarters around the middle of the foreground, weighted by area."""
    middle = [round(mean_place(truth.sum(axis))) + 1 for axis in (1, 0)]
    score = 0.0
    for rows in (slice(None, middle[0]), slice(middle[0], None)):
        for columns in (slice(None, middle[1]), slice(middle[1], None)):
            quarter = saliency[rows, columns]
            if quarter.size:
                similar = similarity(quarter, truth[rows, columns])
                score += similar * quarter.size / truth.size
    return score


def mean_place(counts: NDArray[np.intp]) -> float:
    """The mean index of things that are counted by index."""
    return float(counts @ np.arange(len(counts)) / counts.sum())


def similarity(saliency: Plane, truth: Binary) -> float:
    """Structural similarity (Wang et al. 2004), without its constants, −1…1."""
    x, y = float(saliency.mean()), np.count_nonzero(truth) / truth.size
    off = saliency - x
    over = truth.size - 1 + EPSILON
    covariance = float((off * truth).sum() - y * off.sum()) / over
    spread = float((off**2).sum()) / over + truth.size * y * (1 - y) / over
    product, scale = 4 * x * y * covariance, (x**2 + y**2) * spread
    if product:
        return product / (scale + EPSILON)
    return float(scale == 0)
