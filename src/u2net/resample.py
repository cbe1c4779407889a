"""Pixels at one size -> pixels at another."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = TypeVar("Pixels", NDArray[np.uint8], NDArray[np.float32])

_COARSE = 3
"""Above this multiple of the wanted size a plain mean over whole areas comes first."""


def resize(pixels: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """(H, W) or, uint8 only, (H, W, 3), at `size_hw`: bilinear, the filter widened to shrink.

    Equal to Pillow's BILINEAR up to three times the wanted size; beyond that within half a level
    of it on average, at the speed of OpenCV.
    """
    height, width = size_hw
    coarse_hw = min(pixels.shape[0], _COARSE * height), min(pixels.shape[1], _COARSE * width)
    if coarse_hw != pixels.shape[:2]:
        coarse = cv2.resize(pixels, coarse_hw[::-1], interpolation=cv2.INTER_AREA)
        pixels = np.asarray(coarse, pixels.dtype)
    if size_hw != pixels.shape[:2]:
        pixels = np.asarray(
            Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        )
    return pixels
