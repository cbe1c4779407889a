"""Masks and truths of a validation -> the figures that say which weights are best."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import Mask
from u2net.evaluation.measures.classes import ClassScores
from u2net.evaluation.measures.paper import PaperProtocol
from u2net.training.recipe import Recipe

Measure = Literal["max_f", "mae", "iou"]
"""By what the best is told; of classes the mean IoU."""
MODES: dict[Measure, Literal["max", "min"]] = {"max_f": "max", "mae": "min", "iou": "max"}
"""Measure -> whether a high or a low one is good."""
HALF = 128
Weights = Literal["averaged", "current"]
"""The mean over the steps, or what the optimiser moves."""
Results = dict[Weights, dict[str, float]]
"""What a validation gave on one set."""


class Scores:
    """Adds pictures up; `state` is all there is, so that those of ranks can be summed."""

    def __init__(self, state: NDArray[Any] | None = None) -> None:
        self.overlap = 0.0 if state is None else float(state[0])
        self.paper = PaperProtocol(None if state is None else state[1:])

    @property
    def state(self) -> NDArray[np.float64]:
        """Sums over the pictures: IoU, then what the protocol `paper` sums."""
        return np.append(self.overlap, self.paper.state)

    def update(self, mask: Mask, truth: Mask) -> None:
        """Add one picture: both (height, width) uint8, 0…255."""
        self.overlap += overlap(mask, truth)
        self.paper.update(mask, truth)

    def result(self) -> dict[str, float]:
        """Of all pictures together. Raises `ValueError` when there are none."""
        paper = self.paper.result()
        return {
            "max_f": paper.max_f,
            "mae": paper.mae,
            "iou": self.overlap / self.paper.images,
        }


def fresh(recipe: Recipe, state: NDArray[Any] | None = None) -> Scores | ClassScores:
    """What adds up the pictures of a validation, empty or from a state."""
    if recipe.task == "saliency":
        return Scores(state)
    return ClassScores(recipe.classes, recipe.task, recipe.ignore, state)


def overlap(mask: Mask, truth: Mask) -> float:
    """Intersection over union of what is at half or above; 1 where neither has any."""
    ours, theirs = mask >= HALF, truth >= HALF
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def better(measure: Measure, one: float, other: float) -> bool:
    """Whether `one` is better than `other`."""
    return one > other if MODES[measure] == "max" else one < other


def better_weights(results: Results, measure: Measure) -> Weights:
    """Which weights score better; the averaged ones where neither do."""
    averaged, current = results["averaged"], results.get("current", results["averaged"])
    return "current" if better(measure, current[measure], averaged[measure]) else "averaged"


def columns(scored: Sequence[Results], names: Sequence[str], exports: Weights) -> dict[str, float]:
    """Figures by column: of the weights that would be exported, then of each kind by its name."""
    row: dict[str, float] = {}
    for prefix, results in zip(prefixes(names), scored, strict=True):
        row |= {f"{prefix}_{word(name)}": value for name, value in results[exports].items()}
        if len(results) > 1:
            row |= {
                f"{prefix}_{weights}_{word(name)}": value
                for weights, scores in results.items()
                for name, value in scores.items()
            }
    return row


def prefixes(names: Sequence[str]) -> list[str]:
    """What the columns of each validation set begin with: `val`, further ones with their names."""
    words = [word(name) for name in names[1:]]
    numbered = [f"{one}_{at}" if words.count(one) > 1 else one for at, one in enumerate(words)]
    return ["val", *(f"val_{word}" for word in numbered)][: len(names)]


def word(name: str) -> str:
    """A name as part of that of a column."""
    return re.sub(r"\W", "_", name)


def in_words(scores: dict[str, float]) -> str:
    """Scores for people."""
    if "max_f" not in scores:
        return f"mean IoU {scores['iou']:.4f}, mean Dice {scores['dice']:.4f}"
    return f"max F {scores['max_f']:.4f}, MAE {scores['mae']:.4f}, IoU {scores['iou']:.4f}"
