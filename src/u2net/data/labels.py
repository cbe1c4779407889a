"""What the masks of a set say of each pixel, where that is more than object or not.

- multiclass: one mask a picture whose levels are numbers of classes, a PNG with a palette or grey;
- multilabel: one mask a class, of object and rest, by the rule of `truth`: `masks/CLASS/STEM.png`.
  A picture without a mask in the folder of a class has nothing of it.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from u2net.arrays import ClassMap
from u2net.data.plane import Notes
from u2net.data.read import check_sizes, read_image
from u2net.data.truth import LevelsError, levels, read_truth
from u2net.errors import DatasetError
from u2net.task import Task

NAMES = "classes.txt"
"""The file beside the folders of a set that names its classes, one a line from number 0."""

SEEN = "class {}"
"""The note that a mask has a class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Which classes there are, and how masks speak of them."""

    task: Task = "saliency"
    classes: tuple[str, ...] = ()
    ignore: int = 255
    """Of multiclass: the number of pixels that count for nothing."""
    soft: bool = False
    """Of multilabel: whether masks may hold any level."""

    def read(self, masks: Sequence[Path | None]) -> tuple[ClassMap, Notes]:
        """The truth of a picture: its class map (height, width), or of multilabel a plane 0…255 for
        each class, (height, width, classes); and notes that name the classes in it.

        Raises `DatasetError` for a file that cannot be read, or is of another kind or size.
        """
        if self.task == "multiclass":
            (path,) = masks
            assert path is not None
            return self._numbers(path)
        planes = self._planes(masks)
        nothing = np.zeros_like(next(iter(planes.values())))
        seen = [name for name, plane in planes.items() if plane.any()]
        stacked = np.stack([planes.get(name, nothing) for name in self.classes], axis=-1)
        return stacked, tuple(map(SEEN.format, seen))

    def unseen(self, notes: Container[str]) -> list[str]:
        """The classes that no mask has, by the notes on all of them."""
        return [name for name in self.classes if SEEN.format(name) not in notes]

    def _numbers(self, path: Path) -> tuple[ClassMap, Notes]:
        numbers = read_numbers(path)
        found = [int(number) for number in np.unique(numbers) if number != self.ignore]
        beyond = [number for number in found if number >= len(self.classes)]
        if beyond:
            raise LevelsError(
                f"{path}: holds class {beyond[0]}, and the {len(self.classes)} names are for 0 to "
                f"{len(self.classes) - 1} ({', '.join(self.classes)}); "
                f"name more classes, or say ignore={beyond[0]}"
            )
        seen = (SEEN.format(self.classes[number]) for number in found)
        return numbers.astype(np.uint8), tuple(seen)

    def _planes(self, masks: Sequence[Path | None]) -> dict[str, ClassMap]:
        """The planes of the classes that have a mask."""
        planes: dict[str, ClassMap] = {}
        for name, mask in zip(self.classes, masks, strict=True):
            if mask is not None:
                planes[name], _ = read_truth(mask, soft=self.soft)
                first = next(iter(planes.values()))
                check_sizes(mask, first.shape[:2], planes[name], smaller=False)
        return planes


PLAIN = Labels()
"""Masks of objects."""


def read_numbers(path: Path) -> np.ndarray:
    """The levels of a mask as they are stored, (height, width), whole numbers from 0.

    Raises `DatasetError` for a file that cannot be read, and for colours, alpha or floats.
    """
    image = read_image(path)
    if image.mode not in {"1", "L", "P", "I"} and not image.mode.startswith("I;16"):
        raise LevelsError(
            f"{path}: a mask of {image.mode}, not of class numbers; write the number of its class "
            "into each pixel of a PNG with a palette, or grey"
        )
    numbers = np.asarray(image)
    if numbers.min() < 0:
        raise DatasetError(f"{path}: truth holds {levels(numbers)}; classes count from 0")
    return numbers
