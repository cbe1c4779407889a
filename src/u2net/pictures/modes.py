"""A Pillow picture of any mode -> 8-bit colours and alpha."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.arrays import RGB, Alpha
from u2net.errors import UnreadableImageError
from u2net.pictures import colour
from u2net.pictures.photo import seen
from u2net.pictures.tiff import BITS
from u2net.pictures.tiff_floats import eight_bits

_BAND = 64
"""Lines at a time."""


class Pixels(NamedTuple):
    """What a picture is made of, as stored: not yet upright."""

    rgb: RGB
    alpha: Alpha | None
    icc_profile: bytes | None


def pixels_of(image: Image.Image, profile: bytes | None, name: str) -> Pixels:
    """The pixels of `image`, which is loaded.

    Grey, CMYK and Lab become sRGB, through `profile` where it fits; RGB keeps its space and its
    profile. 16 bits are scaled to 8. Raises `UnreadableImageError` for grey without a fixed white.
    """
    colours, opacity = _parts(_in_eight_bits(image, name))
    if colours.mode == "CMYK" or (colours.mode == "L" and not colour.fits(profile, "RGB")):
        colours, profile = colour.to_srgb(colours, profile), None
    rgb = _array(_in_mode(colours, "RGB"))
    return Pixels(rgb, None if opacity is None else seen(np.asarray(opacity)), profile)


def _array(image: Image.Image) -> NDArray[np.uint8]:
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


def _in_eight_bits(image: Image.Image, name: str) -> Image.Image:
    """`image` with 8 bits a channel: 1, L, LA, P, PA, RGB, RGBA, CMYK and the like."""
    if image.mode.startswith("I;16"):
        # Pillow would clip at 255.
        levels = np.asarray(image).astype(np.uint16)
        grey = Image.fromarray(cv2.convertScaleAbs(levels, alpha=255 / _white(image)))
        if (hidden := image.info.get("transparency")) is not None:
            grey.putalpha(Image.fromarray(np.where(levels == hidden, 0, 255).astype(np.uint8)))
        return grey
    if image.mode == "F":
        return Image.fromarray(eight_bits(np.asarray(image), name))
    if image.mode == "I":
        raise UnreadableImageError(
            f"{name}: whole numbers of 32 bits have no fixed white; save it with 8 or 16 bits"
        )
    return image


def _white(image: Image.Image) -> int:
    """The level of white; TIFF has grey of 12 bits, which Pillow leaves as it is."""
    return 4095 if getattr(image, "tag_v2", {}).get(BITS) == (12,) else 65535


def _parts(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours, as L, RGB or CMYK, and the alpha."""
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        image = _in_mode(image, "LA" if grey else "RGBA")
        return image.convert("L" if grey else "RGB"), image.getchannel("A")
    if grey:
        return _in_mode(image, "L"), None
    return image if image.mode == "CMYK" else _in_mode(image, "RGB"), None
