"""A photo some parts of which have other colours: lines of pixels, made when asked for."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Box


class Patch(NamedTuple):
    """Other colours of a part."""

    top: int
    left: int
    pixels: RGB

    def put(self, pixels: RGB, top: int, left: int) -> None:
        """Write what of it lies within `pixels`, whose corner is at (`top`, `left`)."""
        height, width = pixels.shape[:2]
        first, last = max(self.top, top), min(self.top + len(self.pixels), top + height)
        start, stop = max(self.left, left), min(self.left + self.pixels.shape[1], left + width)
        if first < last and start < stop:
            part = self.pixels[first - self.top : last - self.top]
            part = part[:, start - self.left : stop - self.left]
            pixels[first - top : last - top, start - left : stop - left] = part


@dataclass(frozen=True, slots=True)
class Recoloured:
    """RGB lines: those of `rgb` with all `patches` put in. A whole copy would be large."""

    rgb: RGB
    patches: tuple[Patch, ...]
    corner: tuple[int, int] = (0, 0)
    """Where in the picture that the patches are of, (top, left), this one begins."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W, 3)."""
        return self.rgb.shape

    def __getitem__(self, lines: slice) -> RGB:
        pixels: NDArray[np.uint8] = self.rgb[lines].copy()
        start = lines.indices(len(self.rgb))[0]
        for patch in self.patches:
            patch.put(pixels, self.corner[0] + start, self.corner[1])
        return pixels

    def within(self, box: Box) -> "Recoloured":
        """The part in `box`; its pixels are shared."""
        corner = self.corner[0] + box.top, self.corner[1] + box.left
        return Recoloured(self.rgb[box.inside], self.patches, corner)
