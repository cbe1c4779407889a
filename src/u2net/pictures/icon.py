"""Icons -> the picture in them that is a file of its own, which is checked as any other."""

import struct

from u2net.pictures import formats
from u2net.pictures.formats import Format

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_2000 = b"\0\0\0\x0cjP  "


def inner(data: bytes, kind: Format) -> bytes | None:
    """The largest picture of an icon, where that is a PNG or a JPEG 2000.

    None of what is no icon, or where the largest is in the icon's own form, which Pillow reads.
    """
    if kind is formats.ICO:
        return _of_ico(data)
    return _of_icns(data) if kind is formats.ICNS else None


def _of_ico(data: bytes) -> bytes | None:
    (number,) = struct.unpack_from("<H", data, 4)
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * at) for at in range(number)]
    # Pillow's order: 0 stands for 256, and of equal sizes the deepest colours count.
    largest = max(entries, key=lambda one: ((one[0] or 256) * (one[1] or 256), one[5], one[6]))
    size, start = largest[-2:]
    found = data[start : start + size]
    return found if found.startswith(_PNG) else None


def _of_icns(data: bytes) -> bytes | None:
    at, found = 8, []
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at + 4)
        if size < 8 or at + size > len(data):
            raise ValueError("a picture of the icon is cut off")
        found.append(data[at + 8 : at + size])
        at += size
    pictures = [one for one in found if one.startswith((_PNG, _JPEG_2000))]
    return max(pictures, key=len, default=None)
