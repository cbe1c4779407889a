"""Colours beyond the edge of a cut-out, for codecs that mix neighbouring pixels."""

import cv2
import numpy as np

from u2net.arrays import RGBA

_CELL = 8
"""Pixels: half of the width that codecs mix, a block and its filter."""


def bled(rgba: RGBA) -> RGBA:
    """`rgba`, (H, W, 4), its colours continued a little way where alpha is 0; black beyond.

    A codec that halves the colours' resolution would draw black into the edge. What is put there
    comes from the object alone, never from what was behind it.
    """
    alpha = np.asarray(cv2.extractChannel(rgba, 3), np.uint8)
    out = np.asarray(cv2.copyTo(rgba, alpha), np.uint8)
    left, top, wide, high = cv2.boundingRect(alpha)
    inside = _cells(top, high), _cells(left, wide)
    if wide:
        cv2.copyTo(_continued(out[inside]), (alpha[inside] == 0).view(np.uint8), out[inside])
    return out


def _cells(first: int, count: int) -> slice:
    """Whole cells around `count` pixels and their neighbours: their means take a third as long."""
    start = max(0, first // _CELL - 2) * _CELL
    return slice(start, ((first + count - 1) // _CELL + 3) * _CELL)


def _continued(rgba: RGBA) -> RGBA:
    """The mean colours of what is seen in cells and their neighbours, with alpha 0."""
    height, width = rgba.shape[:2]
    light = cv2.cvtColor(np.ascontiguousarray(rgba), cv2.COLOR_RGBA2mRGBA)
    small_wh = max(1, width // _CELL), max(1, height // _CELL)
    # In floats, for the quotient of two small ones.
    cells = cv2.blur(
        cv2.resize(light.astype(np.float32), small_wh, interpolation=cv2.INTER_AREA), (3, 3)
    )
    means = cells * (255 / np.maximum(cells[..., 3:], 1e-3))
    means[..., 3] = 0
    return np.asarray(cv2.resize(cv2.convertScaleAbs(means), (width, height)), np.uint8)
