"""How the frames of a film lie in memory, and how they are seen."""

from fractions import Fraction
from math import atan2, pi
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av import VideoFrame


class Shape(NamedTuple):
    """Of every frame of one film."""

    width: int
    """In square pixels, before the turn."""
    height: int
    mirrored: bool
    """Left for right, before the turn."""
    turns: int
    """Quarters to the left."""

    @property
    def size_hw(self) -> tuple[int, int]:
        """As seen."""
        sides = self.height, self.width
        return sides[::-1] if self.turns % 2 else sides

    def upright(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """`pixels`, (H, W, C) in memory, as they are seen."""
        return np.rot90(pixels[:, ::-1] if self.mirrored else pixels, self.turns)


def shape_of(frame: "VideoFrame", aspect: Fraction | None) -> Shape:
    """The shape of a film that begins with `frame`, whose pixels are `aspect` times as wide."""
    width = max(1, round(frame.width * aspect)) if aspect else frame.width
    return Shape(width, frame.height, *_way_up(frame))


def _way_up(frame: "VideoFrame") -> tuple[bool, int]:
    """Whether mirrored, and quarters to the left, by the matrix of ISO 14496-12 §8.3.2."""
    held: Any = frame.side_data.get("DISPLAYMATRIX")
    if held is None:
        return False, 0
    matrix = np.frombuffer(held, np.int32).astype(float)
    (right_x, right_y), (down_x, down_y) = matrix[:2], matrix[3:5]
    mirrored = bool(right_x * down_y < right_y * down_x)
    side = -1 if mirrored else 1
    return mirrored, round(atan2(-side * right_y, side * right_x) / (pi / 2)) % 4
