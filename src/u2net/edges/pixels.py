"""Arithmetic of pixels whose channels lie side by side: to take them apart would cost more.

All of it gives the same for a pixel whatever the size of what it is part of.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.edges.grid import Floats

UNSEEN = 1 / 510
"""Of 0…1, half a level. What counts for less is left undone, and that is most of a band."""

_SUM = np.ones((1, 3), np.float32)


def dotted(ones: Floats, others: Floats) -> Floats:
    """The scalar products of vectors, pixel by pixel: (height, width, 3) twice -> a plane."""
    return np.asarray(cv2.transform(cv2.multiply(ones, others), _SUM), np.float32)


def triple(plane: Floats) -> Floats:
    """One value a pixel as three of the same."""
    return np.asarray(cv2.merge((plane, plane, plane)), np.float32)


def rounded(levels: Floats) -> NDArray[np.uint8]:
    """The nearest of 0…255."""
    positive = cv2.threshold(levels, 0, 0, cv2.THRESH_TOZERO)[1]
    return np.asarray(cv2.convertScaleAbs(positive), np.uint8)
