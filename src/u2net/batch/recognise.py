"""What files of a folder are pictures: a stand-in until the decoder tells."""

import re

from u2net.pictures.decode import SUFFIXES as _SUFFIXES

SUFFIXES = _SUFFIXES | {".jfif", ".jp2", ".heic", ".heif"}
HEAD = 64
_STARTS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|RIFF....WEBP|II[*+]\0|MM\0[*+]|GIF8[79]a|....ftyp(?:avi|hei|mif)"
    rb"|BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0|\xff\x4f\xff\x51|\0\0\0\x0cjP  |8BPS",
    re.DOTALL,
)


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with `head` is a picture, readable here or not."""
    return bool(_STARTS.match(head))
