"""Map and truth -> everything that is measured of one picture, as one vector that can be summed.

Every figure of a set is a function of the sum of its pictures' vectors: so a set streams, processes
merge and the bootstrap resamples, all by adding.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from u2net.evaluation.maps import Plane, as_map, as_truth, fit
from u2net.evaluation.measures import alpha_vector, boundary
from u2net.evaluation.measures.overlap import overlap
from u2net.evaluation.measures.paper import PaperProtocol
from u2net.evaluation.measures.pysodmetrics import sod_figures

Protocol: TypeAlias = Literal["paper", "pysodmetrics", "alpha"]
"""How max F, mean F and MAE are formed, all other measures being the same; or that the measures are
those of alpha, as `alpha_vector` has them."""

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

Vector = NDArray[np.float64]
"""What was measured of one picture, or the sum over several, (1548,)."""

THRESHOLD = 0.5
"""Above this a map is mask, where nothing else is said."""

_LENGTHS = {
    "paper": 512,
    "mae": 1,
    "adaptive_f": 1,
    "weighted_f": 1,
    "s_measure": 1,
    "adaptive_e": 1,
    "relaxed_boundary_f": 1,
    "boundary_iou": 1,
    "iou": 1,
    "dice": 1,
    "ber": 1,
    "precision": 1,
    "recall": 1,
    "f_curve": 256,
    "precision_curve": 256,
    "recall_curve": 256,
    "e_curve": 256,
}
_ENDS = dict(zip(_LENGTHS, np.cumsum(list(_LENGTHS.values())).tolist(), strict=True))
_PART = {name: slice(end - _LENGTHS[name], end) for name, end in _ENDS.items()}
LENGTH = max(_ENDS.values())


OF_MASKS = (
    "relaxed_boundary_f",
    "boundary_iou",
    "iou",
    "dice",
    "ber",
    "precision",
    "recall",
)
"""Measures of the mask above a threshold."""

RANKING_MEASURE = "weighted_f"
"""The measure that pictures are ranked by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What a protocol's F is formed from; all (thresholds,), highest threshold first."""

    threshold: Vector
    """0…1."""
    precision: Vector
    recall: Vector
    f: Vector
    e: Vector
    """E-measure, of the stretched map under both protocols."""


def measure(
    map_: Plane, truth: Plane, *, soft: bool = False, threshold: float = THRESHOLD
) -> tuple[Vector, tuple[str, ...]]:
    """All measures of one picture, and notes on what was done to its planes.

    Both are (height, width) in any of the forms that `maps` and `data.truth` name; a `soft` truth
    may hold any level; above `threshold`, 0…1, the map is mask for the measures of masks. Raises
    `EvaluationError` when one of them cannot be scored.
    """
    reference, truth_notes = as_truth(truth, soft=soft)
    saliency, map_notes = as_map(map_)
    saliency, fit_notes = fit(saliency, reference.shape)
    return vector(saliency, reference, threshold), map_notes + fit_notes + truth_notes


def vector(saliency: Plane, truth: NDArray[np.uint8], threshold: float = THRESHOLD) -> Vector:
    """All measures of a map (uint8 0…255 or float 0…1) and a truth (0…255) of one size."""
    paper = PaperProtocol()
    paper.update(saliency, truth)
    eight_bit = saliency.dtype == np.uint8
    mask, foreground = saliency > threshold * (255 if eight_bit else 1), truth > 128
    values: dict[str, Any] = {
        "paper": paper.state,
        "relaxed_boundary_f": boundary.relaxed_boundary_f(mask, foreground),
        "boundary_iou": boundary.boundary_iou(mask, foreground),
    }
    values |= asdict(overlap(mask, foreground))
    values |= sod_figures(saliency if eight_bit else saliency * 255, foreground)
    return np.concatenate([np.atleast_1d(values[name]) for name in _LENGTHS])


def figures(sums: Vector, protocol: Protocol) -> dict[str, float]:
    """The figures of the pictures whose vectors were summed, one or many."""
    if protocol == "alpha":
        return alpha_vector.figures(sums)
    mean = sums / sums[0]
    value = {name: float(mean[_PART[name]][0]) for name, n in _LENGTHS.items() if n == 1}
    e, f = mean[_PART["e_curve"]], mean[_PART["f_curve"]]
    mae, max_f, mean_f = value["mae"], float(f.max()), float(f.mean())
    if protocol == "paper":
        paper = PaperProtocol(sums[_PART["paper"]]).result()
        mae, max_f, mean_f = paper.mae, paper.max_f, paper.mean_f
    return {
        "mae": mae,
        "max_f": max_f,
        "mean_f": mean_f,
        "adaptive_f": value["adaptive_f"],
        "weighted_f": value["weighted_f"],
        "s_measure": value["s_measure"],
        "e_measure_mean": float(e.mean()),
        "e_measure_max": float(e.max()),
        "e_measure_adaptive": value["adaptive_e"],
    } | {name: value[name] for name in OF_MASKS}


def curves(sums: Vector, protocol: Protocol) -> Curves:
    """Precision, recall, F and E by threshold of the pictures whose vectors were summed."""
    names = ("precision_curve", "recall_curve", "f_curve", "e_curve")
    precision, recall, f, e = (sums[_PART[name]] / sums[0] for name in names)
    if protocol == "paper":
        paper = PaperProtocol(sums[_PART["paper"]]).result()
        precision, recall, f = paper.precision, paper.recall, paper.f
    threshold = np.arange(len(f))[::-1] / 255
    return Curves(threshold=threshold, precision=precision, recall=recall, f=f, e=e[-len(f) :])
