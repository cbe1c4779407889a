"""What a file says about its picture beside the pixels: EXIF, XMP, IPTC."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from u2net.pictures.density import UNIT, Density, X, Y
from u2net.pictures.orientation import TAG as ORIENTATION

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
        *(_EXIF, _GPS),
    }
)
"""Tags of EXIF 2.32 about the photo: description, maker, model, software, date, artist, rights.

All others in their place say how a file is built, or which way up it is."""
_OF_THE_FILE = frozenset({0xA002, 0xA003, 0x927C, 0xA005})
"""Sizes in pixels; notes of the maker, whose places are counted from the start of its file."""

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
        if tag in (_EXIF, _GPS):
            inner = exif.get_ifd(tag)
            kept[tag] = {key: inner[key] for key in inner if key not in _OF_THE_FILE}
        elif tag in _DESCRIPTIVE:
            kept[tag] = value
    if not kept:
        return None
    kept[ORIENTATION] = 1
    if density:
        kept[X], kept[Y], kept[UNIT] = *density, _INCH
    return kept.tobytes()


def _iptc(image: Image.Image) -> bytes | None:
    resources = image.info.get("photoshop")
    if isinstance(resources, dict):
        return _as_bytes(resources.get(IPTC_RESOURCE))
    return _as_bytes(getattr(image, "tag_v2", {}).get(IPTC_TAG))


def _as_bytes(value: Any) -> bytes | None:
    if isinstance(value, str):
        value = value.encode()
    return value if isinstance(value, bytes) and value else None
