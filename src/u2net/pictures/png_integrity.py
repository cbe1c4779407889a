"""Whether a PNG (W3C PNG, third edition) is whole: Pillow takes some that are not."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from isal import isal_zlib

from u2net.pictures.deflate import holds
from u2net.pictures.limits import PROFILE_BYTES

_SIGNATURE = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type -> samples a pixel."""
_PALETTE = 3
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_NEEDED_TEXTS = (b"XML:com.adobe.xmp\0", b"Raw profile type exif\0")
"""Keywords of XMP, and of EXIF as older writers kept it."""
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
"""Passes of an interlaced picture but the last: first column, first line, and the steps."""
_LAST_PASS = (0, 1, 1, 2)


class Chunk(NamedTuple):
    """A part of the file."""

    kind: bytes
    content: memoryview
    whole: memoryview
    """With its length, kind and checksum."""


def chunks(data: bytes) -> list[Chunk]:
    """All chunks up to IEND. Raises `ValueError` when one is damaged or missing."""
    found = list(_walk(data))
    kinds = [chunk.kind for chunk in found]
    if kinds[:1] != [b"IHDR"] or len(found[0].content) != 13:
        raise ValueError("no header")
    if kinds[-1] != b"IEND":
        raise ValueError("no end")
    if found[0].content[9] == _PALETTE and b"PLTE" not in kinds:
        raise ValueError("no palette")
    return found


def plain(data: bytes, found: list[Chunk]) -> tuple[bytes, bytes | None]:
    """The file without its colour profile and its texts, and the profile.

    Pillow refuses a file with one of 1 MB. EXIF and XMP are left in. Of a profile above the limit
    a byte more than the limit is given.
    """
    kept = [chunk for chunk in found if not _left_out(chunk)]
    if len(kept) == len(found):
        return data, None
    packed = next((chunk.content for chunk in found if chunk.kind == b"iCCP"), None)
    profile = None if packed is None else _profile(packed)
    return b"".join([data[:_SIGNATURE], *(chunk.whole for chunk in kept)]), profile


def _left_out(chunk: Chunk) -> bool:
    if chunk.kind == b"iCCP":
        return True
    return chunk.kind in _TEXTS and not bytes(chunk.content[:30]).startswith(_NEEDED_TEXTS)


def _profile(packed: memoryview) -> bytes:
    name = bytes(packed[:80]).find(b"\0")
    try:
        return zlib.decompressobj().decompress(packed[name + 2 :], PROFILE_BYTES + 1)
    except zlib.error:
        return b""  # fits nothing, like any damaged profile


def check_lines(found: list[Chunk]) -> None:
    """Raise `ValueError` when the picture has fewer lines than its header says."""
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", found[0].content)
    size = 0
    for left, top, across, down in (*_ADAM7, _LAST_PASS) if interlaced else ((0, 0, 1, 1),):
        columns = max(0, -((left - width) // across))
        lines = max(0, -((top - height) // down))
        if columns:
            size += lines * (1 + (columns * bits * _CHANNELS[colour] + 7) // 8)
    if not holds((chunk.content for chunk in found if chunk.kind == b"IDAT"), size):
        raise ValueError("lines are missing")


def _walk(data: bytes) -> Iterator[Chunk]:
    view = memoryview(data)
    at = _SIGNATURE
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise ValueError("its last chunk is cut off")
        checked = view[at + 4 : end - 4]
        if isal_zlib.crc32(checked) != struct.unpack_from(">I", data, end - 4)[0]:
            raise ValueError(f"wrong checksum of its chunk {kind.decode('latin-1')}")
        yield Chunk(kind, checked[4:], view[at:end])
        if kind == b"IEND":
            return
        at = end
