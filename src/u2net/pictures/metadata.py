"""What a file says about its picture beside the pixels: dots per inch, EXIF, XMP, IPTC."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from PIL import Image

Density: TypeAlias = tuple[float, float]
"""Dots per inch, across and down: how large a picture is meant to be on paper."""

ORIENTATION, X, Y, UNIT = 0x0112, 0x011A, 0x011B, 0x0128
"""Tags of EXIF and TIFF."""
_PER_INCH = {2: 1.0, 3: 2.54}
"""What the unit's tag says -> units in an inch."""
_LEAST, _MOST = 1.0, 65_535.0
"""Dots per inch that every format can hold."""
_INCH = 2

IPTC_RESOURCE = 0x0404
"""Of Photoshop's image resource blocks, which JPEG and TIFF carry."""
IPTC_TAG = 33723
_EXIF, _GPS = 0x8769, 0x8825
"""Where the tags of cameras and of places are."""
_DESCRIPTIVE = frozenset(
    {
        *(0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298),
        *range(0x9C9B, 0x9CA0),
    }
)
"""Tags of EXIF 2.32 about the photo: description, maker, model, software, date, artist, rights.

All others in their place say how a file is built, or which way up it is."""
_OF_THE_FILE = frozenset({0xA002, 0xA003, 0x927C, 0xA005, 0x9101, 0x9102})
"""Sizes in pixels; notes of the maker, whose places are counted from the start of its file; how the
pixels were packed."""
_OF_CAMERA = (range(0x829A, 0x829E), range(0x8822, 0x8836), range(0x9000, 0xA500))
"""Tags about how the photo was taken, such as the date: some programs put them with the others."""

_WRONG_IN_XMP = re.compile(
    rb"""\s(?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:PixelXDimension|exif:PixelYDimension)
         =(?:"[^"]*"|'[^']*')
       |<(tiff:(?:Orientation|ImageWidth|ImageLength)|exif:PixelXDimension|exif:PixelYDimension
         |xmp:Thumbnails|xap:Thumbnails)\b[^>]*>.*?</\1>""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """As found in a file; a part that it does not have is None."""

    exif: bytes | None = None
    """A TIFF structure (EXIF 2.32), led by `Exif` and two zeros or not."""
    xmp: bytes | None = None
    """An XML document."""
    iptc: bytes | None = None
    """Records of IPTC-IIM 4.2."""


NO_METADATA = Metadata()


def metadata_of(image: Image.Image) -> Metadata:
    """What came with a Pillow image whose header is read; damaged parts count as none."""
    exif = image.info.get("exif")
    if image.format == "TIFF":
        exif = _tried(lambda: _described(image.getexif()))
    xmp = image.info.get("xmp")
    return Metadata(exif=_as_bytes(exif), xmp=_as_bytes(xmp), iptc=_iptc(image))


def true_of_result(metadata: Metadata, density: Density | None) -> Metadata:
    """`metadata` less what would be wrong of a picture made anew, upright, of that `density`.

    Gone are the turn, the sizes, thumbnails, and notes of the maker that only hold in their file.
    """
    found = metadata.exif
    exif = found and _tried(lambda: _anew(found, density))
    xmp = metadata.xmp and _WRONG_IN_XMP.sub(b"", metadata.xmp)
    return Metadata(exif=exif, xmp=xmp, iptc=metadata.iptc)


def _tried(read: Callable[[], bytes | None]) -> bytes | None:
    """What `read` finds; damaged EXIF counts as none, for it is no part of the picture."""
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # Pillow raises nearly anything
        return None


def _anew(exif: bytes, density: Density | None) -> bytes | None:
    found = Image.Exif()
    found.load(exif)
    return _described(found, density)


def _described(exif: Image.Exif, density: Density | None = None) -> bytes | None:
    """The part of `exif` that is about the photo, written anew, and `density`."""
    kept = Image.Exif()
    for tag, value in exif.items():
        if tag in _DESCRIPTIVE:
            kept[tag] = value
    if _GPS in exif:
        kept[_GPS] = dict(exif.get_ifd(_GPS))
    if camera := _of_camera(exif):
        kept[_EXIF] = camera
    if not kept:
        return None
    kept[ORIENTATION] = 1
    if density:
        kept[X], kept[Y], kept[UNIT] = *density, _INCH
    return kept.tobytes()


def _of_camera(exif: Image.Exif) -> dict[int, Any]:
    """How the photo was taken, from its own place or from beside it."""
    beside = {tag: exif[tag] for tag in exif if any(tag in some for some in _OF_CAMERA)}
    found = beside | exif.get_ifd(_EXIF)
    return {tag: value for tag, value in found.items() if tag not in _OF_THE_FILE}


def _iptc(image: Image.Image) -> bytes | None:
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return _as_bytes(resources.get(IPTC_RESOURCE))
    return _as_bytes(getattr(image, "tag_v2", {}).get(IPTC_TAG))


def _as_bytes(value: Any) -> bytes | None:
    if isinstance(value, str):
        value = value.encode()
    return value if isinstance(value, bytes) and value else None


def density_of(image: Image.Image) -> Density | None:
    """Dots per inch of a Pillow image whose header is read; None when its file says nothing."""
    said = image.info.get("dpi")
    if image.format == "JPEG" and image.info.get("jfif_unit") not in (1, 2):
        said = None  # Pillow makes 72 up
    if image.format == "TIFF" and X not in getattr(image, "tag_v2", {}):
        said = None
    return as_density(said) or density_of_tags(_exif(image))


def density_of_tags(tags: Mapping[int, Any]) -> Density | None:
    """Dots per inch by the tags of TIFF or EXIF."""
    units = _PER_INCH.get(tags.get(UNIT, 2))
    if units is None or X not in tags or Y not in tags:
        return None
    try:
        return as_density((float(tags[X]) * units, float(tags[Y]) * units))
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _exif(image: Image.Image) -> Mapping[int, Any]:
    try:
        return image.getexif()
    except MemoryError:
        raise
    except Exception:  # damaged EXIF is no part of the picture
        return {}


def as_density(said: Any) -> Density | None:
    """`said`, unless it is no pair of numbers that could be meant: 1 to 65,535 each."""
    try:
        across, down = (float(value) for value in said)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    fit = _LEAST <= across <= _MOST and _LEAST <= down <= _MOST
    return (across, down) if fit else None
