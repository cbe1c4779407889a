"""Which way up a picture is: EXIF 2.32, tag 274."""

from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane: TypeAlias = NDArray[np.uint8]

TAG = 0x0112

_TURNS: dict[int, Callable[[Plane], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""Orientation -> what sets the picture upright."""

_FIRST_SIDEWAYS = 5


def orientation_of(image: Image.Image) -> int:
    """1 to 8; damaged EXIF counts as none, for it is no part of the picture."""
    try:
        return known(image.getexif().get(TAG))
    except MemoryError:
        raise
    except Exception:  # Pillow raises nearly anything
        return 1


def known(orientation: object) -> int:
    """`orientation`, or 1 when it is none of the eight."""
    return orientation if isinstance(orientation, int) and orientation in _TURNS else 1


def is_sideways(orientation: int) -> bool:
    """Whether height and width change places."""
    return orientation >= _FIRST_SIDEWAYS


def upright(pixels: Plane, orientation: int) -> Plane:
    """(H, W) or (H, W, 3), set upright."""
    turn = _TURNS.get(orientation)
    return np.asarray(turn(pixels), np.uint8) if turn else pixels
