"""What decoding yields: the picture as pixels, the right way up."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Alpha, Box
from u2net.errors import UnfitImageError
from u2net.pictures.metadata import NO_METADATA, Density, Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A decoded picture."""

    rgb: RGB
    """(H, W, 3), in the picture's own colour space."""
    alpha: Alpha | None = None
    """(H, W), the picture's own opacity; None when all of it is opaque."""
    icc_profile: bytes | None = None
    """The space of `rgb`; None is sRGB."""
    extra: NDArray[np.uint8] | None = None
    """(H, W, channels), what is known of each pixel beside its colour, such as depth, 0…255."""
    size_hw: tuple[int, int]
    """Of the whole picture. The arrays are smaller when it was decoded for its mask only."""
    frames: int = 1
    """How many frames or pages the file holds; this is the first."""
    density: Density | None = None
    """Dots per inch, across and down; None where the file does not say."""
    metadata: Metadata = NO_METADATA
    """EXIF, XMP and IPTC as found, the turn that was applied among them."""
    name: str = "the picture"
    """What it is called in messages."""

    def within(self, box: Box) -> "Photo":
        """The part in `box`, of a photo decoded at full size; its pixels are shared."""
        rgb = self.rgb[box.inside]
        alpha, extra = (None if p is None else p[box.inside] for p in (self.alpha, self.extra))
        return replace(self, rgb=rgb, alpha=alpha, extra=extra, size_hw=rgb.shape[:2])


def from_array(pixels: NDArray[Any]) -> Photo:
    """A photo of an sRGB array, 0…255: (H, W, 3), (H, W) grey or (H, W, 4) with straight alpha.

    BGR, as OpenCV reads, cannot be told from RGB: turn it round first. Raises `UnfitImageError` for
    any other array.
    """
    check_array(pixels)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    pixels = np.ascontiguousarray(pixels)
    alpha = None
    if channels == 3:
        # A cut-out's colours are taken from the photo later, whatever became of the array.
        rgb = pixels.copy()
    elif channels == 1:
        rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    else:
        rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
        alpha = seen(np.asarray(cv2.extractChannel(pixels, 3), np.uint8))
    return Photo(rgb=rgb, alpha=alpha, size_hw=rgb.shape[:2])


def check_array(pixels: NDArray[Any]) -> None:
    """Raise `UnfitImageError` for what `from_array` makes no photo of."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if (
        pixels.dtype != np.uint8
        or pixels.ndim not in (2, 3)
        or channels not in (1, 3, 4)
        or not pixels.size
    ):
        raise UnfitImageError(
            f"a picture is a uint8 array in RGB order of shape (H, W, 3), (H, W) or (H, W, 4), "
            f"not {pixels.dtype} of shape {pixels.shape}; floats 0…1 are multiplied by 255"
        )


def seen(alpha: Alpha) -> Alpha | None:
    """`alpha`, or None when it hides nothing."""
    return None if alpha.min() == 255 else alpha
