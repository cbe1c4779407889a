"""Bytes of a picture file -> photo. Pillow reads; what it must not read is kept from it here."""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO

import numpy as np
from PIL import Image, ImageFile
from simplejpeg import decode_jpeg

from u2net.arrays import RGB
from u2net.errors import ImageTooLargeError, UnreadableImageError
from u2net.pictures.develop import develop
from u2net.pictures.photo import Photo

LIMIT_PIXELS = 250_000_000
"""More than any camera makes; 750 MB as RGB."""

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""What a folder's pictures are called; a file that is named itself may be called anything."""

_FORMATS = {
    "Jpeg": rb"\xff\xd8\xff",
    "Png": rb"\x89PNG\r\n\x1a\n",
    "WebP": rb"RIFF....WEBP",
    "Tiff": rb"II[*+]\0|MM\0[*+]",
    "Bmp": rb"BM",
    "Gif": rb"GIF8[79]a",
    "Avif": rb"....ftypavi[fs]",
}
"""Pillow's name of a format -> how its files begin."""

READ_ERRORS = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, RuntimeError),
    *(OverflowError, struct.error, zlib.error, ImportError),
)
"""What Pillow raises for damaged files."""


def decode(
    data: bytes,
    *,
    name: str = "the picture",
    limit_pixels: int = LIMIT_PIXELS,
    at_least: int | None = None,
) -> Photo:
    """The picture in `data`; of an animation the first frame.

    With `at_least` a JPEG may come smaller than it is, but not below that many pixels on either
    side: all that a mask needs, for a fraction of the memory. Raises `ImageTooLargeError` before
    any pixel is decoded, and `UnreadableImageError` for what is no picture or not all of one.
    """
    with _translated(name):
        image = _opened(data, name)
        width, height = image.size
        if width * height > limit_pixels:
            raise ImageTooLargeError(
                f"{name}: {width}×{height} pixels are more than the limit of {limit_pixels:,}; "
                "make the picture smaller"
            )
        smaller = at_least is not None and image.draft(None, (at_least, at_least))
        rgb = None if smaller else _quick(image, data)
        if rgb is None:
            image.load()
    return develop(image, name, whole_wh=(width, height), rgb=rgb)


def from_pillow(image: Image.Image, name: str = "the Pillow image") -> Photo:
    """The picture in a Pillow image of any mode, turned as its EXIF says. Raises as `decode`."""
    if 0 in image.size:
        raise UnreadableImageError(f"{name}: has no pixels; give a picture")
    with _translated(name):
        image.load()
    return develop(image, name)


def _opened(data: bytes, name: str) -> ImageFile.ImageFile:
    """`data` with its header read.

    Not by `Image.open`: it knows dozens of formats nobody checked here, and speaks of large
    pictures through `warnings`, which threads cannot silence without harm to each other.
    """
    for kind, start in _FORMATS.items():
        if re.match(start, data, re.DOTALL):
            plugin = import_module(f"PIL.{kind}ImagePlugin")
            image: ImageFile.ImageFile = getattr(plugin, f"{kind}ImageFile")(BytesIO(data))
            return image
    if not data:
        raise UnreadableImageError(f"{name}: empty; get a whole copy of the file")
    raise UnreadableImageError(f"{name}: no picture in {', '.join(_FORMATS)}; convert it first")


def _quick(image: ImageFile.ImageFile, data: bytes) -> RGB | None:
    """The pixels of most JPEGs; the same as Pillow's in half the memory and less time.

    None for all else, and for what is damaged or merely odd: Pillow knows one from the other.
    """
    if image.format != "JPEG" or image.mode != "RGB":
        return None
    try:
        return np.asarray(decode_jpeg(data, "RGB", strict=True), np.uint8)
    except ValueError:
        return None


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turn Pillow's errors into ours."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{name}: {error}") from error
    except READ_ERRORS as error:
        raise UnreadableImageError(
            f"{name}: damaged or cut off ({error}); get a whole copy of the file"
        ) from error
