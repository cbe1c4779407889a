"""A Pillow picture of any mode -> photo: 8-bit RGB, its alpha, its profile, the right way up."""

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.arrays import RGB
from u2net.errors import UnreadableImageError
from u2net.pictures import colour
from u2net.pictures.photo import Photo, seen

Plane: TypeAlias = NDArray[np.uint8]

_TURNS: dict[int, Callable[[Plane], Any]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.rotate(cv2.transpose(pixels), cv2.ROTATE_180),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""Orientation (EXIF 2.32, tag 274) -> what sets the picture upright."""

_FIRST_SIDEWAYS = 5

_BAND = 64
"""Lines at a time."""

_BITS_PER_SAMPLE = 258
"""A tag of TIFF 6.0."""


def develop(
    image: Image.Image,
    name: str,
    *,
    whole_wh: tuple[int, int] | None = None,
    rgb: RGB | None = None,
) -> Photo:
    """The photo in `image`, loaded unless its pixels are there already, as `rgb`.

    `whole_wh` is the true size where `image` is smaller. Grey, CMYK and Lab become sRGB, through
    their profile where it fits; RGB keeps its space and its profile. 16 bits are scaled to 8.
    Raises `UnreadableImageError` for grey of 32 bits.
    """
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    width, height = whole_wh or image.size
    alpha = None
    if rgb is None:
        colours, opacity = _parts(_in_eight_bits(image, name))
        if colours.mode == "CMYK" or (colours.mode == "L" and not colour.fits(profile, "RGB")):
            colours, profile = colour.to_srgb(colours, profile), None
        rgb = _pixels(_in_mode(colours, "RGB"))
        alpha = None if opacity is None else seen(np.asarray(opacity))
    if turn := _TURNS.get(orientation):
        rgb = np.asarray(turn(rgb), np.uint8)
        alpha = None if alpha is None else np.asarray(turn(alpha), np.uint8)
    if orientation >= _FIRST_SIDEWAYS:
        width, height = height, width
    return Photo(
        rgb=rgb,
        alpha=alpha,
        icc_profile=profile if colour.fits(profile, "RGB") else None,
        size_hw=(height, width),
    )


def _pixels(image: Image.Image) -> Plane:
    """`image` as an array. At once, numpy's way by bytes would need twice the memory and time."""
    width, height = image.size
    pixels = np.empty((height, width, len(image.getbands())), np.uint8)
    for top in range(0, height, _BAND):
        bottom = min(height, top + _BAND)
        pixels[top:bottom] = np.asarray(image.crop((0, top, width, bottom)))
    return pixels


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """`image` in `mode`; unlike Pillow's convert, no copy of what is in it already."""
    return image if image.mode == mode else image.convert(mode)


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
        image = _in_mode(image, "LA" if grey else "RGBA")
        return image.convert("L" if grey else "RGB"), image.getchannel("A")
    if grey:
        return _in_mode(image, "L"), None
    return image if image.mode == "CMYK" else _in_mode(image, "RGB"), None
