"""Photo and mask -> cut-out with straight alpha."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net import encode, files
from u2net.arrays import RGBA, Alpha, Mask
from u2net.photo import Photo


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A result: pixels that can be written."""

    pixels: NDArray[np.uint8]
    """(H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA with straight alpha."""
    icc_profile: bytes | None = None
    """The colour space of RGB and RGBA; None is sRGB."""

    def encode(self, kind: str = "png") -> bytes:
        """The picture as a file: png, webp and tiff lose nothing, jpg has no transparency.

        Raises `OutputError` when the format cannot hold it.
        """
        return encode.encode(self.pixels, kind, icc_profile=self.icc_profile)

    def save(self, path: str | Path) -> None:
        """Write the picture, whole or not at all, in the format of the suffix.

        An old file is replaced. Raises `OutputError` for an unknown suffix, or a place that cannot
        be written.
        """
        path = Path(path)
        files.write(path, self.encode(encode.format_of(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutout(Picture):
    """The salient object alone. Where alpha is 0 colour is 0: nothing of the background is left."""

    @property
    def rgba(self) -> RGBA:
        """(H, W, 4), straight alpha."""
        return self.pixels

    @property
    def alpha(self) -> Alpha:
        """(H, W), a view."""
        return self.pixels[..., 3]


def cut_out(photo: Photo, mask: Mask) -> Cutout:
    """What `mask`, of the same size, shows of `photo`; times the photo's own alpha, rounded."""
    alpha = mask if photo.alpha is None else cv2.multiply(mask, photo.alpha, scale=1 / 255)
    rgba = np.asarray(cv2.cvtColor(cv2.copyTo(photo.rgb, alpha), cv2.COLOR_RGB2RGBA), np.uint8)
    cv2.insertChannel(alpha, rgba, 3)
    return Cutout(pixels=rgba, icc_profile=photo.icc_profile)
