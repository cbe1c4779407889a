"""The tags of a TIFF (TIFF 6.0, BigTIFF), before Pillow makes up its mind about them."""

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeAlias

Tags: TypeAlias = Mapping[int, Any]

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
ORIENTATION, SAMPLES, PLANES, PREDICTOR, SAMPLE_FORMAT = 274, 277, 284, 317, 339
STRIP_LINES, TILE_WIDTH, TILE_HEIGHT = 278, 322, 323
STRIPS, TILES = (273, 279), (324, 325)
"""Where they begin, how many bytes they have."""
JPEG_TABLES, PROFILE = 347, 34675
_SUB_IFDS, _DNG_VERSION = 330, 50706

PLAIN, JPEG, DEFLATES = 1, 7, (8, 32946)
"""Kinds of compression."""

_BIG = 43
_MOST_PAGES = 65_535


def tags_of(data: bytes) -> Tags:
    """The tags of the first page."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file = BytesIO(data)
    tags = ImageFileDirectory_v2(data[: 16 if _BIG in data[2:4] else 8])
    file.seek(tags.next)
    tags.load(file)
    return tags


def numbers(tags: Tags, tag: int) -> tuple[int, ...]:
    """The whole numbers of a tag, none when it is missing or something else."""
    values = tags.get(tag, ())
    values = values if isinstance(values, tuple) else (values,)
    return values if all(isinstance(value, int) for value in values) else ()


def number(tags: Tags, tag: int, otherwise: int) -> int:
    """The first number of a tag."""
    return next(iter(numbers(tags, tag)), otherwise)


def is_preview(tags: Tags) -> bool:
    """Whether the first page is the preview in a raw photo; the photo itself lies deeper."""
    return _DNG_VERSION in tags or bool(number(tags, SUBFILE, 0) & 1 and _SUB_IFDS in tags)


def pages(data: bytes) -> list[int]:
    """Which of the directories hold pages; smaller copies of a page are none.

    Raises `struct.error` for directories outside the file, `ValueError` for too many.
    """
    order = "<" if data[:1] == b"I" else ">"
    big = _BIG in data[2:4]
    count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
    at = struct.unpack_from(order + offset, data, 8 if big else 4)[0]
    seen: dict[int, bool] = {}
    while at and at not in seen:
        entries = struct.unpack_from(order + count, data, at)[0]
        first = at + struct.calcsize(order + count)
        end = first + entries * entry
        seen[at] = not _is_copy(data[first:end], entry, order)
        at = struct.unpack_from(order + offset, data, end)[0]
        if len(seen) > _MOST_PAGES:
            raise ValueError(f"more than {_MOST_PAGES} pages")
    return [index for index, page in enumerate(seen.values()) if page or not index]


def _is_copy(directory: bytes, entry: int, order: str) -> bool:
    # The lowest tags come first; this one is the lowest of all.
    if not directory.startswith(struct.pack(order + "H", SUBFILE)):
        return False
    value = struct.unpack_from(order + "I", directory, entry - (8 if entry == 20 else 4))[0]
    return bool(value & 1)
