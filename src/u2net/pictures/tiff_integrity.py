"""Whether a TIFF (TIFF 6.0) is whole: Pillow takes some whose strips are short."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from u2net.pictures.deflate import holds

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
SUBFILE, SAMPLES, PLANES, SAMPLE_FORMAT = 254, 277, 284, 339
_STRIPS = 273, 279
_TILES = 324, 325
_STRIP_LINES, _TILE_WIDTH, _TILE_HEIGHT = 278, 322, 323
_SUB_IFDS, _DNG_VERSION = 330, 50706

_NONE, _DEFLATES = 1, (8, 32946)
_LARGE_TILE = 1 << 24
"""Pixels that a tile may have in a picture however small."""
_YCBCR = 6
"""Its colours are stored at fewer places, so that a line has no plain size."""

Tags = Mapping[int, Any]


def check_strips(data: bytes, tags: Tags) -> None:
    """Raise `ValueError` when strips or tiles are missing, short, or outside the file."""
    blocks = _blocks(tags)
    tiled = _TILE_WIDTH in tags
    starts, counts = (numbers(tags, tag) for tag in (_TILES if tiled else _STRIPS))
    plain = _one(tags, COMPRESSION, _NONE) == _NONE
    if len(starts) < blocks.number or (len(counts) < blocks.number and not plain):
        raise ValueError("strips are missing")
    for at, start in enumerate(starts[: blocks.number]):
        size = blocks.size(at)
        # Some old writers left the counts out.
        count = counts[at] if at < len(counts) else size
        if not 0 < start < start + count <= len(data):
            raise ValueError("a strip is outside the file")
        if _short(data[start : start + count], size, tags):
            raise ValueError("a strip is too short")


def is_preview(tags: Tags) -> bool:
    """Whether the picture is only the preview in a raw photo: the photo itself lies deeper."""
    return _DNG_VERSION in tags or bool(_one(tags, SUBFILE, 0) & 1 and _SUB_IFDS in tags)


def numbers(tags: Tags, tag: int) -> tuple[int, ...]:
    """The whole numbers of a tag, none when it is missing or something else."""
    values = tags.get(tag, ())
    values = values if isinstance(values, tuple) else (values,)
    return values if all(isinstance(value, int) for value in values) else ()


def _one(tags: Tags, tag: int, otherwise: int) -> int:
    return next(iter(numbers(tags, tag)), otherwise)


class _Blocks(NamedTuple):
    """The strips or tiles that a picture should have."""

    number: int
    in_plane: int
    line_bytes: int
    lines: int
    height: int
    """Of what the last ones are cut to; tiles are not cut."""

    def size(self, at: int) -> int:
        """Bytes of one of them, unpacked."""
        left = self.height - at % self.in_plane * self.lines
        return self.line_bytes * min(self.lines, left)


def _blocks(tags: Tags) -> _Blocks:
    """Raises `ValueError` for sides of nothing, and for tiles far beyond the picture."""
    width, height = _one(tags, WIDTH, 0), _one(tags, HEIGHT, 0)
    planes = _one(tags, SAMPLES, 1) if _one(tags, PLANES, 1) == 2 else 1
    tiled = _TILE_WIDTH in tags
    if tiled:
        columns, lines = _one(tags, _TILE_WIDTH, 0), _one(tags, _TILE_HEIGHT, 0)
    else:
        columns, lines = width, min(_one(tags, _STRIP_LINES, height), height)
    if min(width, height, columns, lines, planes) < 1:
        raise ValueError("a side of nothing")
    if columns * lines > max(_LARGE_TILE, 4 * width * height):
        raise ValueError("its tiles are far larger than the picture")
    line_bytes = (columns * _depth(tags, planes) + 7) // 8
    down = -(-height // lines)
    in_plane = down * -(-width // columns)
    bottom = in_plane * lines if tiled else height
    return _Blocks(in_plane * planes, in_plane, line_bytes, lines, bottom)


def _depth(tags: Tags, planes: int) -> int:
    """Bits of a pixel in one plane."""
    bits = numbers(tags, BITS) or (1,)
    samples = _one(tags, SAMPLES, 1)
    if planes > 1:
        return bits[0]
    return sum(bits) if len(bits) == samples else bits[0] * samples


def _short(strip: bytes, size: int, tags: Tags) -> bool:
    """Whether it gives fewer than `size` bytes, where that is known without Pillow."""
    if _one(tags, PHOTOMETRIC, 0) == _YCBCR:
        return False
    compression = _one(tags, COMPRESSION, _NONE)
    if compression in _DEFLATES:
        return not holds([strip], size)
    return compression == _NONE and len(strip) < size
