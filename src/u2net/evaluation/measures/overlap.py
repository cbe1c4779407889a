"""Binary mask and truth -> how much of them is the same, from the four counts of pixels.

All of one picture; a set's figure is their mean. A quotient of nothing by nothing is 0, as in
PySODMetrics: so a truth without foreground scores 0 whatever the mask, but for the balanced error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Binary = NDArray[np.bool_]
"""Foreground or not, (height, width)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """The measures of one mask, 0…1."""

    iou: float
    """Intersection over union (Jaccard 1912)."""
    dice: float
    """Twice the intersection over the sum of both areas (Dice 1945); the F of β = 1."""
    ber: float
    """Balanced error: 1 − the mean of recall and of the background's recall; 0 is best."""
    precision: float
    """Part of the mask that is foreground."""
    recall: float
    """Part of the foreground that is in the mask."""


def overlap(mask: Binary, truth: Binary) -> Overlap:
    """The measures of a mask and a truth of one size."""
    hits, ours, theirs = (int(np.count_nonzero(plane)) for plane in (mask & truth, mask, truth))
    size = truth.size
    recall = _part(hits, theirs)
    background = _part(size - ours - theirs + hits, size - theirs)
    return Overlap(
        iou=_part(hits, ours + theirs - hits),
        dice=_part(2 * hits, ours + theirs),
        ber=1 - (recall + background) / 2,
        precision=_part(hits, ours),
        recall=recall,
    )


def _part(some: int, whole: int) -> float:
    return some / whole if whole else 0.0
