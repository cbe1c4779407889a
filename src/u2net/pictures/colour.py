"""Colour profiles (ICC.1): which one belongs to a picture, and the way between colour spaces.

Little CMS does the arithmetic, through Pillow. No profile means sRGB.
"""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from u2net.arrays import RGB
from u2net.errors import UnreadableImageError

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

_SPACES = {"RGB": b"RGB ", "CMYK": b"CMYK", "L": b"GRAY"}
"""Pillow's mode -> the colour space that bytes 16 to 19 of a profile name."""


def fits(profile: bytes | None, mode: str) -> bool:
    """Whether `profile` is whole and says what pictures of Pillow's `mode` look like.

    `mode` is RGB, CMYK or L.
    """
    return (
        profile is not None
        and profile[16:20] == _SPACES[mode]
        and _transform(profile, None, mode) is not None
    )


def leads_back(profile: bytes | None) -> bool:
    """Whether colours can be brought into the space of `profile`, which fits RGB.

    A scanner's or a camera's profile may only lead out of it.
    """
    return _transform(None, profile, "RGB") is not None


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """A CMYK or L picture in sRGB: by `profile` where it fits, else by the plain formula."""
    return _apply(picture, profile, None) if fits(profile, picture.mode) else picture.convert("RGB")


def convert(rgb: RGB, source: bytes | None, target: bytes | None) -> RGB:
    """`rgb` of the profile `source` in the space of `target`.

    Raises `UnreadableImageError` for a profile that is damaged, not for RGB, or leads one way only.
    """
    if source == target:
        return rgb
    return np.asarray(_apply(Image.fromarray(rgb), source, target))


def _apply(picture: Image.Image, source: bytes | None, target: bytes | None) -> Image.Image:
    transform = _transform(source, target, picture.mode)
    if transform is None:
        raise UnreadableImageError(
            "a colour profile is damaged or does not fit the picture; leave it out"
        )
    return transform.apply(picture)


@lru_cache(maxsize=32)
def _transform(source: bytes | None, target: bytes | None, mode: str) -> "ImageCmsTransform | None":
    """The way from `mode` in `source` to RGB in `target`; None when a profile is damaged."""
    from PIL import ImageCms

    try:
        start, end = (
            ImageCms.ImageCmsProfile(
                ImageCms.createProfile("sRGB") if profile is None else BytesIO(profile)
            )
            for profile in (source, target)
        )
        return ImageCms.buildTransform(start, end, inMode=mode, outMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
