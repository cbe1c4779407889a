"""The values that flow through the package: the only names used for them in the whole code."""

from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

RGB: TypeAlias = NDArray[np.uint8]
"""A picture, (height, width, 3), 0…255."""

Batch: TypeAlias = NDArray[np.float32]
"""Network input, (pictures, channels, height, width), normalised as the card says."""

Saliency: TypeAlias = NDArray[np.float32]
"""What the network says, (height, width) at the network's own size, 0…1."""

Mask: TypeAlias = NDArray[np.uint8]
"""Saliency at the size of the picture, (height, width), 0…255."""

Alpha: TypeAlias = NDArray[np.uint8]
"""Opacity of the result: mask times the picture's own alpha, (height, width), 0…255."""

RGBA: TypeAlias = NDArray[np.uint8]
"""A cut-out with straight (not premultiplied) alpha, (height, width, 4), 0…255."""


Maps: TypeAlias = NDArray[np.float32]
"""Probabilities of classes, (classes, height, width) at the network's own size, 0…1."""

ClassMap: TypeAlias = NDArray[np.uint8]
"""The number of a class for every pixel, (height, width)."""


class Lines(Protocol):
    """Pixels, (height, width[, channels]), had a few lines at a time; every array is one."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, lines: slice, /) -> NDArray[np.uint8]: ...


class Box(NamedTuple):
    """A part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def inside(self) -> tuple[slice, slice]:
        """What picks it out of an array (height, width[, channels])."""
        lines = slice(self.top, self.top + self.height)
        return lines, slice(self.left, self.left + self.width)
