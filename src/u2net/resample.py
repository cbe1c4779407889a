"""Pixels at one size -> pixels at another."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = TypeVar("Pixels", NDArray[np.uint8], NDArray[np.float32])

_ENOUGH = 3
"""Plain means over 2×2 pixels come first, while they leave this multiple of the wanted size."""


def resize(pixels: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """(H, W) or, uint8 only, (H, W, 3), at `size_hw`: bilinear, the filter widened to shrink.

    Equal to Pillow's BILINEAR up to six times the wanted size; beyond that within half a level
    of it on average, at the speed of OpenCV.
    """
    height, width = size_hw
    while min(pixels.shape[0] // height, pixels.shape[1] // width) >= 2 * _ENOUGH:
        half_h, half_w = pixels.shape[0] // 2, pixels.shape[1] // 2
        even = pixels[: 2 * half_h, : 2 * half_w]
        half = cv2.resize(even, (half_w, half_h), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(half, pixels.dtype)
    if size_hw != pixels.shape[:2]:
        pixels = np.asarray(
            Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        )
    return pixels
