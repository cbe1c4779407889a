"""Levels of a raw Netpbm file (netpbm.sourceforge.net/doc): Pillow takes seconds for a few pixels.

Not of those whose white is 255, nor of bits, nor of numbers written out: those are Pillow's.
"""

import cv2
import numpy as np
from PIL import Image, ImageFile

_CODECS = {"ppm": "", "raw": "I;16B"}


def are_levels(image: ImageFile.ImageFile) -> bool:
    """Whether `levels` can read it: whole numbers, with a white of their own."""
    tile = image.tile[0]
    raw = tile.args if isinstance(tile.args, str) else ""
    return _CODECS.get(tile.codec_name, "none") == raw


def levels(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    """The picture in `data`, whose header `image` is, scaled to 8 bits.

    Raises `ValueError` where there are fewer levels than there should be.
    """
    tile = image.tile[0]
    white = int(tile.args[-1]) if isinstance(tile.args, tuple) else 65535
    width, height = image.size
    bands = 3 if image.mode == "RGB" else 1
    kind = np.dtype(">u2" if white > 255 else "u1")
    found = np.frombuffer(data, kind, width * height * bands, tile.offset)
    shape = (height, width, 3) if bands == 3 else (height, width)
    numbers = found.reshape(shape).astype(np.uint16)
    return Image.fromarray(cv2.convertScaleAbs(numbers, alpha=255 / white))


def grey_of_numbers(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits that was written out, as Pillow has it, scaled to 8 bits."""
    numbers = np.asarray(image).astype(np.uint16)
    return Image.fromarray(cv2.convertScaleAbs(numbers, alpha=255 / 65535))
