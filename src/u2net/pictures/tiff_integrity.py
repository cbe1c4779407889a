"""Whether a TIFF (TIFF 6.0) is whole: Pillow takes some whose strips are short."""

from contextlib import suppress
from typing import NamedTuple

from u2net.pictures import jpeg, tiff
from u2net.pictures.deflate import holds
from u2net.pictures.tiff import Tags, number, numbers

_LARGE_TILE = 1 << 24
"""Pixels that a tile may have in a picture however small."""
_YCBCR = 6
"""Its colours are stored at fewer places, so that a line has no plain size."""


def check_strips(data: bytes, tags: Tags) -> None:
    """Raise `ValueError` when strips or tiles are missing, short, or outside the file."""
    blocks = blocks_of(tags)
    tiled = tiff.TILE_WIDTH in tags
    starts, counts = (numbers(tags, tag) for tag in (tiff.TILES if tiled else tiff.STRIPS))
    plain = number(tags, tiff.COMPRESSION, tiff.PLAIN) == tiff.PLAIN
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


class Blocks(NamedTuple):
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


def blocks_of(tags: Tags) -> Blocks:
    """Raises `ValueError` for sides of nothing, and for tiles far beyond the picture."""
    width, height = number(tags, tiff.WIDTH, 0), number(tags, tiff.HEIGHT, 0)
    planes = number(tags, tiff.SAMPLES, 1) if number(tags, tiff.PLANES, 1) == 2 else 1
    tiled = tiff.TILE_WIDTH in tags
    if tiled:
        columns, lines = number(tags, tiff.TILE_WIDTH, 0), number(tags, tiff.TILE_HEIGHT, 0)
    else:
        columns, lines = width, min(number(tags, tiff.STRIP_LINES, height), height)
    if min(width, height, columns, lines, planes) < 1:
        raise ValueError("a side of nothing")
    if columns * lines > max(_LARGE_TILE, 4 * width * height):
        raise ValueError("its tiles are far larger than the picture")
    line_bytes = (columns * _depth(tags, planes) + 7) // 8
    down = -(-height // lines)
    in_plane = down * -(-width // columns)
    bottom = in_plane * lines if tiled else height
    return Blocks(in_plane * planes, in_plane, line_bytes, lines, bottom)


def _depth(tags: Tags, planes: int) -> int:
    """Bits of a pixel in one plane."""
    bits = numbers(tags, tiff.BITS) or (1,)
    samples = number(tags, tiff.SAMPLES, 1)
    if planes > 1:
        return bits[0]
    return sum(bits) if len(bits) == samples else bits[0] * samples


def _short(strip: bytes, size: int, tags: Tags) -> bool:
    """Whether it gives fewer than `size` bytes, where that is known without Pillow."""
    compression = number(tags, tiff.COMPRESSION, tiff.PLAIN)
    if compression == tiff.JPEG:
        _check_jpeg(strip, tags)
    if number(tags, tiff.PHOTOMETRIC, 0) == _YCBCR:
        return False
    if compression in tiff.DEFLATES:
        return not holds([strip], size)
    return compression == tiff.PLAIN and len(strip) < size


def _check_jpeg(strip: bytes, tags: Tags) -> None:
    """Raise `ValueError` for a strip that is no whole JPEG; its tables may be kept in a tag."""
    samples = 1 if number(tags, tiff.PLANES, 1) == 2 else number(tags, tiff.SAMPLES, 1)
    mode = {1: "L", 3: "RGB", 4: "CMYK"}.get(samples)
    tables = tags.get(tiff.JPEG_TABLES)
    if isinstance(tables, bytes):
        # Both begin with a marker of two bytes, and end with one.
        strip = tables[:-2] + strip[2:]
    if mode:
        with suppress(jpeg.OddSamplingError):
            jpeg.check(strip, mode)
