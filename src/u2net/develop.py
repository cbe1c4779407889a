"""A Pillow picture of any mode -> photo: 8-bit RGB, its alpha, its profile, the right way up."""

import struct

import cv2
import numpy as np
from PIL import Image

from u2net import colour
from u2net.errors import UnreadableImageError
from u2net.photo import Photo, seen

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation (EXIF 2.32, tag 274) -> what sets the picture upright."""

_FIRST_SIDEWAYS = 5

_BITS_PER_SAMPLE = 258
"""A tag of TIFF 6.0."""


def develop(image: Image.Image, name: str, whole_wh: tuple[int, int] | None = None) -> Photo:
    """The photo in a loaded `image`; `whole_wh` is its true size where `image` is smaller.

    Grey, CMYK and Lab become sRGB, through their profile where it fits; RGB keeps its space and
    its profile. 16 bits are scaled to 8. Raises `UnreadableImageError` for grey of 32 bits.
    """
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    colours, alpha = _parts(_in_eight_bits(image, name))
    if colours.mode == "CMYK" or (colours.mode == "L" and not colour.fits(profile, "RGB")):
        colours, profile = colour.to_srgb(colours, profile), None
    width, height = whole_wh or colours.size
    if orientation in _TURNS:
        colours = colours.transpose(_TURNS[orientation])
        alpha = None if alpha is None else alpha.transpose(_TURNS[orientation])
    if orientation >= _FIRST_SIDEWAYS:
        width, height = height, width
    return Photo(
        rgb=np.asarray(colours.convert("RGB")),
        alpha=None if alpha is None else seen(np.asarray(alpha)),
        icc_profile=profile if colour.fits(profile, "RGB") else None,
        size_hw=(height, width),
    )


def _orientation(image: Image.Image) -> int:
    """1 to 8; damaged EXIF counts as none, for it is no part of the picture."""
    try:
        orientation = image.getexif().get(0x0112)
    except (SyntaxError, struct.error, ValueError, OSError):
        return 1
    return orientation if orientation in _TURNS else 1


def _in_eight_bits(image: Image.Image, name: str) -> Image.Image:
    """`image` with 8 bits a channel: 1, L, LA, P, PA, RGB, RGBA, CMYK and the like."""
    if image.mode.startswith("I;16"):
        # Pillow would clip at 255.
        levels = np.asarray(image).astype(np.uint16)
        grey = Image.fromarray(cv2.convertScaleAbs(levels, alpha=255 / _white(image)))
        if (hidden := image.info.get("transparency")) is not None:
            grey.putalpha(Image.fromarray(np.where(levels == hidden, 0, 255).astype(np.uint8)))
        return grey
    if image.mode in ("I", "F"):
        raise UnreadableImageError(
            f"{name}: grey of 32 bits has no fixed white; save it with 8 or 16 bits"
        )
    return image


def _white(image: Image.Image) -> int:
    """The level of white; TIFF has grey of 12 bits, which Pillow leaves as it is."""
    return 4095 if getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE) == (12,) else 65535


def _parts(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours, as L, RGB or CMYK, and the alpha."""
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        image = image.convert("LA" if grey else "RGBA")
        return image.convert("L" if grey else "RGB"), image.getchannel("A")
    if grey:
        return image.convert("L"), None
    return image if image.mode == "CMYK" else image.convert("RGB"), None
