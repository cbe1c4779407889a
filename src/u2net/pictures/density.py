"""Dots per inch: how large a picture is meant to be on paper."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from PIL import Image

Density: TypeAlias = tuple[float, float]
"""Across and down."""

X, Y, UNIT = 0x011A, 0x011B, 0x0128
"""Tags of EXIF and TIFF."""
_PER_INCH = {2: 1.0, 3: 2.54}
"""What the unit's tag says -> units in an inch."""
_LEAST, _MOST = 1.0, 65_535.0
"""Dots per inch that every format can hold."""


def density_of(image: Image.Image) -> Density | None:
    """What the file of a Pillow image says, whose header is read; None when it says nothing."""
    said = image.info.get("dpi")
    if image.format == "JPEG" and image.info.get("jfif_unit") not in (1, 2):
        said = None  # Pillow makes 72 up
    if image.format == "TIFF" and X not in getattr(image, "tag_v2", {}):
        said = None
    return sound(said) or of_tags(_exif(image))


def of_tags(tags: Mapping[int, Any]) -> Density | None:
    """What the tags of TIFF or EXIF say."""
    units = _PER_INCH.get(tags.get(UNIT, 2))
    if units is None or X not in tags or Y not in tags:
        return None
    try:
        return sound((float(tags[X]) * units, float(tags[Y]) * units))
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _exif(image: Image.Image) -> Mapping[int, Any]:
    try:
        return image.getexif()
    except MemoryError:
        raise
    except Exception:  # damaged EXIF is no part of the picture
        return {}


def sound(said: Any) -> Density | None:
    """`said`, unless it is no pair of numbers that could be meant: 1 to 65,535 each."""
    try:
        across, down = (float(value) for value in said)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    fit = _LEAST <= across <= _MOST and _LEAST <= down <= _MOST
    return (across, down) if fit else None
