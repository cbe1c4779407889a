"""Colours beyond the edge of a cut-out, for codecs that mix neighbouring pixels."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGBA

_CELL = 8
"""Pixels: half of the width that codecs mix, a block and its filter."""


def bled(rgba: RGBA) -> RGBA:
    """`rgba`, (H, W, 4), its colours continued a little way where alpha is 0; black beyond.

    A codec that halves the colours' resolution would draw black into the edge. What is put there
    comes from the object alone, never from what was behind it.
    """
    height, width = rgba.shape[:2]
    alpha = rgba[..., 3]
    small_hw = max(1, height // _CELL), max(1, width // _CELL)
    light = cv2.multiply(rgba[..., :3], cv2.merge([alpha] * 3), scale=1 / 255)
    mean, weight = (_spread(values, small_hw) for values in (light, alpha))
    colours = np.rint(mean * (255 / np.maximum(weight, 1e-3))[..., None]).clip(0, 255)
    beyond = cv2.cvtColor(cv2.resize(colours.astype(np.uint8), (width, height)), cv2.COLOR_RGB2RGBA)
    cv2.insertChannel(np.zeros_like(alpha), beyond, 3)
    return np.asarray(cv2.copyTo(beyond, np.asarray(alpha == 0).view(np.uint8), rgba.copy()))


def _spread(values: NDArray[Any], size_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Means over cells and their neighbours; in floats, for the quotient of two small ones."""
    small = cv2.resize(values.astype(np.float32), size_hw[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(small, (3, 3)), np.float32)
