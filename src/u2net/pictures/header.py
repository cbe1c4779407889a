"""What a file says of its picture before any pixel is decoded, and which way up it is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.errors import ImageTooLargeError
from u2net.pictures import tiff
from u2net.pictures.limits import PROFILE_BYTES
from u2net.pictures.metadata import (
    NO_METADATA,
    ORIENTATION,
    Density,
    Metadata,
    density_of,
    density_of_tags,
    metadata_of,
)

_Plane: TypeAlias = NDArray[np.uint8]

_TURNS: dict[int, Callable[[_Plane], Any]] = {
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """All but the pixels."""

    wh: tuple[int, int]
    """Of the pixels as they will be decoded."""
    orientation: int
    """What is left to do to set them upright: Pillow turns a TIFF itself."""
    icc_profile: bytes | None
    density: Density | None
    """Of the picture, upright."""
    metadata: Metadata
    frames: int

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width of the picture, upright."""
        return self.wh if is_sideways(self.orientation) else self.wh[::-1]


def header_of(
    image: Image.Image, name: str, *, frames: int = 1, icc_profile: bytes | None = None
) -> Header:
    """The header that Pillow has read, or of one frame of it.

    `icc_profile` is the profile where Pillow was not given it. Raises `ImageTooLargeError` for a
    profile above the limit.
    """
    orientation = orientation_of(image)
    return Header(
        wh=image.size,
        orientation=1 if image.format == "TIFF" else orientation,
        icc_profile=_checked(icc_profile or image.info.get("icc_profile"), name),
        density=_upright(density_of(image), orientation),
        metadata=metadata_of(image),
        frames=frames,
    )


def header_of_tags(tags: tiff.Tags, name: str) -> Header:
    """The header of a TIFF that Pillow cannot read. Raises as `header_of`."""
    orientation = known(tags.get(tiff.ORIENTATION))
    return Header(
        wh=(tiff.number(tags, tiff.WIDTH, 0), tiff.number(tags, tiff.HEIGHT, 0)),
        orientation=orientation,
        icc_profile=_checked(tags.get(tiff.PROFILE), name),
        density=_upright(density_of_tags(tags), orientation),
        metadata=NO_METADATA,
        frames=1,
    )


def _upright(density: Density | None, orientation: int) -> Density | None:
    return density[::-1] if density and is_sideways(orientation) else density


def _checked(profile: object, name: str) -> bytes | None:
    """The colour profile; what is none at all, such as a number, counts as none."""
    if not isinstance(profile, bytes):
        return None
    if len(profile) > PROFILE_BYTES:
        raise ImageTooLargeError(
            f"{name}: its colour profile is larger than {PROFILE_BYTES >> 20} MB; take a plain one"
        )
    return profile


def orientation_of(image: Image.Image) -> int:
    """1 to 8; damaged EXIF counts as none, for it is no part of the picture."""
    try:
        return known(image.getexif().get(ORIENTATION))
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


def upright(pixels: _Plane, orientation: int) -> _Plane:
    """(H, W) or (H, W, 3), set upright."""
    turn = _TURNS.get(orientation)
    return np.asarray(turn(pixels), np.uint8) if turn else pixels
