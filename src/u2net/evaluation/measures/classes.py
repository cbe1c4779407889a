"""Class maps and truths -> how much of each class is the same, over the whole set.

Pixels of all pictures are counted together, as the field does since PASCAL VOC: a class has one
intersection and one union, not a mean over pictures, in many of which it is not. The mean is over
the classes that occur in truth or map.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from u2net.task import Task

HALF = 128
"""Level of 255 from which a pixel is of a class."""

Counts = NDArray[np.float64]
"""Of each class: pixels in both, in the map, in the truth, (classes, 3)."""


class ClassScores:
    """Adds pictures up; `state` is all there is, so that those of processes can be summed."""

    def __init__(
        self, classes: Sequence[str], task: Task, ignore: int = 255, state: Counts | None = None
    ) -> None:
        self.classes, self.task, self.ignore = tuple(classes), task, ignore
        shape = (len(self.classes), 3)
        self.state: Counts = np.zeros(shape) if state is None else np.reshape(state, shape).copy()

    def update(self, found: NDArray[Any], truth: NDArray[np.uint8]) -> None:
        """Add one picture.

        Multiclass: numbers of classes, (height, width), of `ignore` in the truth where nothing
        counts. Multilabel: of each class, (height, width, classes), bool and 0…255.
        """
        if self.task == "multiclass":
            counts = truth != self.ignore
            self.state += counts_of_numbers(found[counts], truth[counts], len(self.classes))
        else:
            theirs = truth >= HALF
            parts = (found & theirs, found, theirs)
            self.state += np.stack([part.sum(axis=(0, 1)) for part in parts], axis=1)

    def result(self) -> dict[str, float]:
        """Mean IoU and mean Dice (Jaccard 1912, Dice 1945), and both of each class that occurs."""
        both, ours, theirs = self.state.T
        occurs = ours + theirs > 0
        with np.errstate(invalid="ignore"):
            iou, dice = both / (ours + theirs - both), 2 * both / (ours + theirs)
        named: dict[str, float] = {}
        for name, there, a, b in zip(self.classes, occurs, iou, dice, strict=True):
            if there:
                named |= {f"iou {name}": float(a), f"dice {name}": float(b)}
        if not occurs.any():
            return {"iou": 0.0, "dice": 0.0}
        return {"iou": float(iou[occurs].mean()), "dice": float(dice[occurs].mean()), **named}


def counts_of_numbers(found: NDArray[Any], truth: NDArray[Any], classes: int) -> Counts:
    """Of numbers of classes, any shape, (classes, 3): in both, found, true."""
    hits = np.bincount(truth[found == truth].ravel(), minlength=classes)
    ours, theirs = (np.bincount(part.ravel(), minlength=classes) for part in (found, truth))
    return np.stack([hits, ours, theirs], axis=1).astype(np.float64)
