"""Map and truth -> everything that is measured of one picture, as one vector that can be summed.

Every figure of a set is a function of the sum of its pictures' vectors: so a set streams, processes
merge and the bootstrap resamples, all by adding.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from u2net.evaluation.maps import Plane, as_map, as_truth, fit
from u2net.evaluation.measures import boundary
from u2net.evaluation.measures.paper import PaperProtocol
from u2net.evaluation.measures.pysodmetrics import sod_figures

Protocol: TypeAlias = Literal["paper", "pysodmetrics"]
"""How max F, mean F and MAE are formed; all other measures are the same under both."""

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

Vector = NDArray[np.float64]
"""What was measured of one picture, or the sum over several, (1543,)."""

_LENGTHS = {
    "paper": 512,
    "mae": 1,
    "adaptive_f": 1,
    "weighted_f": 1,
    "s_measure": 1,
    "adaptive_e": 1,
    "relaxed_boundary_f": 1,
    "boundary_iou": 1,
    "f": 256,
    "precision": 256,
    "recall": 256,
    "e": 256,
}
_ENDS = dict(zip(_LENGTHS, np.cumsum(list(_LENGTHS.values())).tolist(), strict=True))
_PART = {name: slice(end - _LENGTHS[name], end) for name, end in _ENDS.items()}
LENGTH = max(_ENDS.values())


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


def measure(map_: Plane, truth: Plane, *, soft: bool = False) -> tuple[Vector, tuple[str, ...]]:
    """All measures of one picture, and notes on what was done to its planes.

    Both are (height, width) in any of the forms that `maps` and `data.truth` name; a `soft` truth
    may hold any level. Raises `EvaluationError` when one of them cannot be scored.
    """
    reference, truth_notes = as_truth(truth, soft=soft)
    saliency, map_notes = as_map(map_)
    saliency, fit_notes = fit(saliency, reference.shape)
    return vector(saliency, reference), map_notes + fit_notes + truth_notes


def vector(saliency: Plane, truth: NDArray[np.uint8]) -> Vector:
    """All measures of a map (uint8 0…255 or float 0…1) and a truth (0…255) of one size."""
    paper = PaperProtocol()
    paper.update(saliency, truth)
    eight_bit = saliency.dtype == np.uint8
    mask, foreground = saliency > (127.5 if eight_bit else 0.5), truth > 128
    values: dict[str, Any] = {
        "paper": paper.state,
        "relaxed_boundary_f": boundary.relaxed_boundary_f(mask, foreground),
        "boundary_iou": boundary.boundary_iou(mask, foreground),
    }
    values |= sod_figures(saliency if eight_bit else saliency * 255, foreground)
    return np.concatenate([np.atleast_1d(values[name]) for name in _LENGTHS])


def figures(sums: Vector, protocol: Protocol) -> dict[str, float]:
    """The figures of the pictures whose vectors were summed, one or many."""
    mean = sums / sums[0]
    value = {name: float(mean[_PART[name]][0]) for name, n in _LENGTHS.items() if n == 1}
    e, f = mean[_PART["e"]], mean[_PART["f"]]
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
        "relaxed_boundary_f": value["relaxed_boundary_f"],
        "boundary_iou": value["boundary_iou"],
    }


def curves(sums: Vector, protocol: Protocol) -> Curves:
    """Precision, recall and F by threshold of the pictures whose vectors were summed."""
    if protocol == "paper":
        paper = PaperProtocol(sums[_PART["paper"]]).result()
        precision, recall, f = paper.precision, paper.recall, paper.f
    else:
        precision, recall, f = (sums[_PART[n]] / sums[0] for n in ("precision", "recall", "f"))
    threshold = np.arange(len(f))[::-1] / 255
    return Curves(threshold=threshold, precision=precision, recall=recall, f=f)
