"""Alpha -> the box of the object, with a margin."""

import re
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from u2net.arrays import Alpha, Box

FAINT = 12
"""Alpha up to here, of 255, widens no box: specks of the network's doubt, a twentieth opaque. On
200 photos of ECSSD they would make one box in ten more than a third larger."""

MOST_PIXELS, MOST_PERCENT = 500, 50
"""How wide a margin may be."""

_LENGTH = re.compile(r"(\d{1,3}(?:\.\d+)?)(px|%)?")


@dataclass(frozen=True, slots=True)
class Length:
    """A part of the object's own side, or a number of pixels."""

    value: float
    percent: bool = False

    def __post_init__(self) -> None:
        """Raises `ValueError` for a length that is too large."""
        most = MOST_PERCENT if self.percent else MOST_PIXELS
        if not 0 <= self.value <= most:
            raise ValueError(f"{self.value:g}{'%' if self.percent else ''} is not from 0 to {most}")

    def of(self, side: int) -> int:
        """In pixels, where the object's side has so many."""
        return round(self.value * side / 100 if self.percent else self.value)


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left around the object on each side, as far as the picture goes."""

    top: Length = Length(0)
    right: Length = Length(0)
    bottom: Length = Length(0)
    left: Length = Length(0)

    @classmethod
    def parse(cls, text: str) -> "Margin":
        """`20`, `20px` or `10%`; two lengths are for top and bottom, and for the sides; four go
        round from the top, as in CSS. Raises `ValueError` for any other text."""
        found = [_LENGTH.fullmatch(part) for part in text.split()]
        if len(found) not in (1, 2, 4) or None in found:
            raise ValueError(
                f"margin {text[:40]!r}: give 0 to {MOST_PIXELS} pixels or 0% to {MOST_PERCENT}% of "
                "the object, such as 20 or 10%, once, twice or four times"
            )
        lengths = [Length(float(one[1]), one[2] == "%") for one in found if one]
        return cls(*(lengths * 4)[:4])

    def around(self, box: Box, size_hw: tuple[int, ...]) -> Box:
        """`box` with this margin, as far as a picture of `size_hw` goes."""
        height, width = size_hw
        left = max(0, box.left - self.left.of(box.width))
        top = max(0, box.top - self.top.of(box.height))
        right = min(width, box.left + box.width + self.right.of(box.width))
        bottom = min(height, box.top + box.height + self.bottom.of(box.height))
        return Box(left, top, right - left, bottom - top)


NO_MARGIN = Margin()

MarginLike: TypeAlias = Margin | int | str
"""Pixels on every side, or what `Margin.parse` takes."""


def as_margin(value: MarginLike) -> Margin:
    """The margin that `value` stands for. Raises `ValueError` as `Margin.parse`."""
    return value if isinstance(value, Margin) else Margin.parse(str(value))


def object_box(alpha: Alpha, margin: Margin = NO_MARGIN) -> Box | None:
    """The smallest box around all that is more than faint, or else around all that shows.

    With `margin` as far as the picture goes; None where nothing shows.
    """
    for level in (FAINT, 0):
        box = Box(*cv2.boundingRect(np.asarray(alpha > level).view(np.uint8)))
        if box.width:
            return margin.around(box, alpha.shape)
    return None
