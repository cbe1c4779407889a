"""Which formats there are, by the first bytes of a file; suffixes only say what to look at."""

import re
from typing import NamedTuple

HEAD = 64
"""Bytes from the start of a file that tell its format."""

SUFFIXES = frozenset(
    {
        *(".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2c", ".j2k", ".jfif"),
        *(".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx", ".apng", ".png"),
        *(".tif", ".tiff", ".webp"),
    }
)
"""What pictures are called, for folders and data sets alike."""


class Format(NamedTuple):
    """A kind of file that can be read."""

    name: str
    module: str
    opener: str
    """The class of `module` that opens it."""


JPEG = Format("JPEG", "PIL.JpegImagePlugin", "JpegImageFile")
PNG = Format("PNG", "PIL.PngImagePlugin", "PngImageFile")
WEBP = Format("WebP", "PIL.WebPImagePlugin", "WebPImageFile")
TIFF = Format("TIFF", "PIL.TiffImagePlugin", "TiffImageFile")
BMP = Format("BMP", "PIL.BmpImagePlugin", "BmpImageFile")
GIF = Format("GIF", "PIL.GifImagePlugin", "GifImageFile")
JPEG_2000 = Format("JPEG 2000", "PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile")
AVIF = Format("AVIF", "PIL.AvifImagePlugin", "AvifImageFile")
HEIC = Format("HEIC", "pillow_heif", "HeifImageFile")

FORMATS = (JPEG, PNG, WEBP, TIFF, BMP, GIF, JPEG_2000, AVIF, HEIC)

_STARTS = (
    (JPEG, rb"\xff\xd8\xff"),
    (PNG, rb"\x89PNG\r\n\x1a\n"),
    (WEBP, rb"RIFF....WEBP"),
    (TIFF, rb"II[*+]\0|MM\0[*+]"),
    (BMP, rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    (GIF, rb"GIF8[79]a"),
    (JPEG_2000, rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  \r\n\x87\n"),
    (AVIF, rb"....ftypavi[fs]"),
    # mif1 and msf1 leave it to the brands behind them what the pictures are coded in.
    (AVIF, rb"....ftypm[is]f1....(?:....)*?avi[fs]"),
    (HEIC, rb"....ftyp(?:hei[cxms]|hev[cxms]|m[is]f[12])"),
)

_OTHERS = (
    rb"8BPS|gimp xcf|\xff\x0a|\0\0\0\x0cJXL |v/1\x01|#\?RADIANCE|DDS |qoif|II\xbc|FUJIFILMCCD-RAW"
    rb"|\0\0[\1\2]\0[^\0]\0|....ftyp(?:crx |jxl )|P[1-7]\s[\s\d#]|\xff\xff\xff\xfeicns|SIMPLE  ="
)
"""Photoshop, GIMP, JPEG XL, OpenEXR, HDR, DDS, QOI, JPEG XR, raw photos, icons, Netpbm, FITS."""


def recognise(head: bytes) -> Format | None:
    """The format of a file that begins with `head`, `HEAD` bytes or more; None if none is ours."""
    head = head[:HEAD]
    for found, start in _STARTS:
        if re.match(start, head, re.DOTALL):
            return found
    return None


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with `head` is a picture, readable here or not.

    `head` is its first `HEAD` bytes, or all of a shorter file. Besides what `decode` reads it knows
    kinds it does not, such as raw photos and PSD: a run over a folder names them as failed instead
    of leaving them out. What has no signature (SVG, TGA, raw video) is no picture here.
    """
    return recognise(head) is not None or re.match(_OTHERS, head, re.DOTALL) is not None
