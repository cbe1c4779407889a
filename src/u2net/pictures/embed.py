"""Density and metadata -> where each format keeps them."""

import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image

from u2net.pictures.metadata import IPTC_RESOURCE, IPTC_TAG, Density, Metadata

_INCH_M = 0.0254
_PER_METRE = 1
"""Unit of the chunk pHYs."""
_EXIF_LEAD = b"Exif\0\0"
_XMP_KEYWORD = "XML:com.adobe.xmp"
_NO_LANGUAGE = bytes(5)
"""Behind the keyword of the chunk iTXt: not compressed, in no language."""
_XMP_TAG = 700
WITHOUT_IPTC = ("png", "webp")
"""Formats that have no place for it."""
_LARGEST_SEGMENT = 65_533
"""Bytes in a segment of a JPEG."""


def png_chunks(density: Density | None, metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and contents of the chunks of a PNG; it has none for IPTC."""
    if density:
        across, down = (round(dots / _INCH_M) for dots in density)
        yield b"pHYs", struct.pack(">IIB", across, down, _PER_METRE)
    if metadata.exif:
        yield b"eXIf", metadata.exif.removeprefix(_EXIF_LEAD)
    if metadata.xmp:
        yield b"iTXt", _XMP_KEYWORD.encode() + _NO_LANGUAGE + metadata.xmp


def pillow_options(kind: str, density: Density | None, metadata: Metadata) -> dict[str, Any]:
    """What Pillow is told when it writes jpg, tiff, webp or, of several frames, png.

    Raises `ValueError` for IPTC that is too long for a JPEG.
    """
    options: dict[str, Any] = {}
    if density and kind != "webp":
        options["dpi"] = density
    if kind == "tiff":
        return options | _tiff_options(metadata)
    if metadata.exif:
        options["exif"] = metadata.exif if kind == "jpg" else metadata.exif.removeprefix(_EXIF_LEAD)
    if metadata.xmp and kind == "png":
        options["pnginfo"] = _png_texts(metadata.xmp)
    elif metadata.xmp:
        options["xmp"] = metadata.xmp
    if metadata.iptc and kind == "jpg":
        options["extra"] = _photoshop_segment(metadata.iptc)
    return options


def _png_texts(xmp: bytes) -> Any:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_itxt(_XMP_KEYWORD, xmp.decode(errors="replace"))
    return texts


def _tiff_options(metadata: Metadata) -> dict[str, Any]:
    """EXIF is what TIFF is made of; the rest are tags like others.

    Through libtiff, which compresses, Pillow can write no EXIF of cameras and places, and no IPTC.
    """
    tags = Image.Exif()
    if metadata.exif:
        tags.load(metadata.exif)
    if metadata.xmp:
        tags[_XMP_TAG] = metadata.xmp
    if metadata.iptc:
        tags[IPTC_TAG] = metadata.iptc
    plain = {"compression": "raw"} if metadata.exif or metadata.iptc else {}
    return {"exif": tags} | plain


def _photoshop_segment(iptc: bytes) -> bytes:
    """Segment APP13 with one image resource block, without a name."""
    block = b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    content = b"Photoshop 3.0\0" + block
    if len(content) > _LARGEST_SEGMENT:
        raise ValueError("IPTC data is too long")
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content
