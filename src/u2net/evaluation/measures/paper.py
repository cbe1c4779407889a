"""Maps and truths -> max F, mean F and MAE as the U²-Net paper forms them: the protocol `paper`.

A transcription of the tool the authors score with (Binary-Segmentation-Evaluation-Tool,
`measures.py`):

- map and truth are each divided by their own maximum, no minimum is taken away; 1e-8 in the
  divisor guards zero;
- the truth's foreground is what then lies above 128 of 255;
- the map, times 255 and not rounded, is counted in the 255 bins that `numpy.histogram` makes of
  the edges 0 … 255 (the last one closed); the thresholds are the lower edges, highest first;
- precision and recall are averaged over the pictures first, F (β² = 0.3) is formed from the
  averages;
- MAE is the mean absolute difference of the divided map and the divided truth, the truth not
  binarised.

The guards put a value that falls on an edge just below it: of an 8-bit map with maximum 255,
levels 0 and 1 share the lowest bin, and level 255 has the highest for itself. All guards of the
tool are kept, so that figures agree to the last digit. A truth without foreground counts as
precision 0 and recall 0; a map of zeros is positive at the lowest threshold only.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

BETA_SQUARED = 0.3
THRESHOLDS = 255
GUARD = 1e-8

Curve = NDArray[np.float64]
"""One value per threshold, (255,), highest threshold first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperScores:
    """What the protocol says of one picture or of a set."""

    max_f: float
    """Highest F of all thresholds (Achanta et al. 2009, β² = 0.3)."""
    mean_f: float
    """Mean F over the thresholds."""
    mae: float
    """Mean absolute error (Perazzi et al. 2012), 0…1."""
    precision: Curve
    """Precision by threshold, 254 first, (255,)."""
    recall: Curve
    """Recall by threshold, 254 first, (255,)."""

    @property
    def f(self) -> Curve:
        """F by threshold, formed from `precision` and `recall`, (255,)."""
        return f_measure(self.precision, self.recall)


def f_measure(precision: Curve, recall: Curve) -> Curve:
    """F with β² = 0.3, element by element; 0 where both are 0."""
    weighted = BETA_SQUARED * precision + recall + GUARD
    return (1 + BETA_SQUARED) * precision * recall / weighted


class PaperProtocol:
    """Adds pictures up; memory does not grow with their number.

    `state` is all there is: instances can be pickled, merged and, across processes, summed.
    """

    def __init__(self, state: Curve | None = None) -> None:
        """Start empty, or from the (summed) `state` of others."""
        empty = np.zeros(2 + 2 * THRESHOLDS)
        self.state: Curve = empty if state is None else empty + state
        """Sums over the pictures, (512,): their number, MAE, precision (255), recall (255)."""

    @property
    def images(self) -> int:
        """How many pictures were added."""
        return round(float(self.state[0]))

    def update(self, map_: NDArray[Any], truth: NDArray[Any]) -> PaperScores:
        """Add one picture, and return the scores of it alone.

        Both are (height, width), of any real dtype and any scale with zero as background: bool,
        0…1, 0…255, 0…65535. Raises `ValueError` when the shapes differ, nothing is in them, or a
        value is negative or not finite.
        """
        picture = scores_of(map_, truth)
        self.state[0] += 1
        self.state[1] += picture.mae
        self.state[2 : 2 + THRESHOLDS] += picture.precision
        self.state[2 + THRESHOLDS :] += picture.recall
        return picture

    def merge(self, other: "PaperProtocol") -> None:
        """Add the pictures of `other`."""
        self.state += other.state

    def result(self) -> PaperScores:
        """The scores of all pictures together. Raises `ValueError` when there are none."""
        if not self.images:
            raise ValueError("no picture was scored: update() comes before result()")
        means = self.state[1:] / (self.state[0] + GUARD)
        return summary(means[1 : 1 + THRESHOLDS], means[1 + THRESHOLDS :], float(means[0]))


def scores_of(map_: NDArray[Any], truth: NDArray[Any]) -> PaperScores:
    """The scores of one picture alone; arguments and errors as for `PaperProtocol.update`."""
    if map_.shape != truth.shape or map_.ndim != 2 or not map_.size:
        raise ValueError(f"map {map_.shape} and truth {truth.shape} must be two planes of one size")
    saliency, reference = divided(map_, "map"), divided(truth, "truth")
    foreground = reference * 255 > 128
    bins = np.minimum((saliency * 255).astype(np.uint16), THRESHOLDS - 1)
    bins += foreground * np.uint16(THRESHOLDS)
    counts = np.bincount(bins.ravel(), minlength=2 * THRESHOLDS)
    false, true = counts.reshape(2, THRESHOLDS)[:, ::-1].cumsum(axis=1)
    precision = true / (true + false + GUARD)
    recall = true / (true[-1] + GUARD)
    mae = np.abs(saliency - reference).sum() / (map_.size + GUARD)
    return summary(precision, recall, float(mae))


def divided(plane: NDArray[Any], what: str) -> NDArray[np.float64]:
    """`plane` over its own maximum, 0…1. Raises `ValueError` for a negative or not finite value."""
    lowest, highest = float(plane.min()), float(plane.max())
    if not (np.isfinite(highest) and lowest >= 0):
        raise ValueError(f"the {what} has values below 0 or not finite ({lowest} … {highest})")
    if plane.dtype != np.uint8:
        values: NDArray[np.float64] = plane.astype(np.float64)
        values /= highest + GUARD
        return values
    return np.asarray(cv2.LUT(plane, np.arange(256) / (highest + GUARD)))  # level by level


def summary(precision: Curve, recall: Curve, mae: float) -> PaperScores:
    """The scores that follow from two curves."""
    f = f_measure(precision, recall)
    return PaperScores(
        max_f=float(f.max()), mean_f=float(f.mean()), mae=mae, precision=precision, recall=recall
    )
