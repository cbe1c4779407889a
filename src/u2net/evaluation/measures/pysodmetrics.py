"""Map and truth -> the measures of PySODMetrics, formed as it forms them: the protocol
`pysodmetrics`.

The map is stretched to its own minimum and maximum, the truth's foreground lies above 128 of 255,
and F, precision and recall (Achanta et al., CVPR 2009, β² = 0.3) are of the single picture, at 256
thresholds. PySODMetrics itself is not needed; the tests hold every measure to it, to 1e-9.
"""

from typing import Any, TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.evaluation.measures.alignment import e_measure
from u2net.evaluation.measures.paper import BETA_SQUARED
from u2net.evaluation.measures.structure import s_measure
from u2net.evaluation.measures.weighted_f import weighted_f

Values = NDArray[np.float64]


class SodFigures(TypedDict):
    """The measures of one picture; curves are (256,), highest threshold first."""

    mae: float
    """Mean absolute error (Perazzi et al. 2012)."""
    adaptive_f: float
    """F at twice the map's mean, at most 1."""
    weighted_f: float
    """Weighted F (Margolin et al. 2014, β² = 1)."""
    s_measure: float
    """S-measure (Fan et al. 2017, α = 0.5)."""
    adaptive_e: float
    """E-measure (Fan et al. 2018) at twice the map's mean, at most 1."""
    f_curve: Values
    precision_curve: Values
    recall_curve: Values
    e_curve: Values


def sod_figures(map_: NDArray[Any], truth: NDArray[np.bool_]) -> SodFigures:
    """The figures of one picture.

    The map is (height, width), 0…255 of any real dtype, the truth of the same shape.
    """
    saliency = stretched(map_)
    error = np.abs(saliency - truth)
    foreground, size = int(np.count_nonzero(truth)), truth.size
    hits, alarms = by_threshold(saliency, truth)
    mask = saliency >= min(2 * saliency.mean(), 1)
    hit = np.array([np.count_nonzero(mask & truth)])
    alarm = np.count_nonzero(mask) - hit
    precision, recall, f = f_measure(hits, alarms, foreground)
    return SodFigures(
        mae=float(error.mean()),
        adaptive_f=float(f_measure(hit, alarm, foreground)[2][0]),
        weighted_f=weighted_f(error, truth),
        s_measure=s_measure(saliency, truth),
        adaptive_e=float(e_measure(hit, alarm, foreground, size)[0]),
        f_curve=f,
        precision_curve=precision,
        recall_curve=recall,
        e_curve=e_measure(hits, alarms, foreground, size),
    )


def stretched(map_: NDArray[Any]) -> Values:
    """The map over 255, from its minimum to its maximum as 0…1; a flat one stays as high as it is.

    Level by level where there are only 256 of them.
    """
    levels: NDArray[Any] = np.arange(256) if map_.dtype == np.uint8 else map_
    lowest, highest = map_.min() / np.float64(255), map_.max() / np.float64(255)
    values: Values = levels / np.float64(255)
    if lowest != highest:
        values = (values - lowest) / (highest - lowest)
    return np.asarray(cv2.LUT(map_, values)) if map_.dtype == np.uint8 else values


def by_threshold(saliency: Values, truth: NDArray[np.bool_]) -> tuple[NDArray[np.intp], ...]:
    """Pixels at or above each of 256 thresholds, highest first: in the foreground, outside it."""
    bins = (saliency * 255).astype(np.uint16)
    bins += truth * np.uint16(256)
    alarms, hits = np.bincount(bins.ravel(), minlength=512).reshape(2, 256)[:, ::-1].cumsum(axis=1)
    return hits, alarms


def f_measure(
    hits: NDArray[np.intp], alarms: NDArray[np.intp], foreground: int
) -> tuple[Values, Values, Values]:
    """Precision, recall and F of each threshold; 0 where one of them is not defined."""
    precision = over(hits, hits + alarms)
    recall = over(hits, np.full(len(hits), foreground))
    f = over((BETA_SQUARED + 1) * precision * recall, BETA_SQUARED * precision + recall)
    return precision, recall, f


def over(numerator: NDArray[Any], denominator: NDArray[Any]) -> Values:
    """The quotient; 0 where there is none."""
    found = np.zeros(len(denominator))
    np.divide(numerator, denominator, out=found, where=denominator != 0)
    return found
