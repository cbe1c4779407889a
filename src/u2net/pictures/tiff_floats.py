"""Float colours of a TIFF -> 8 bits; Pillow knows float grey only."""

from collections.abc import Iterator

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image

from u2net.errors import UnreadableImageError
from u2net.pictures import tiff
from u2net.pictures.tiff import Tags, number, numbers
from u2net.pictures.tiff_integrity import blocks_of

_FLOAT = 3
"""Format of a sample."""
_APART = 2
"""Each colour has strips of its own."""


def are_floats(tags: Tags) -> bool:
    """Whether the picture has colours in floats."""
    return _FLOAT in numbers(tags, tiff.SAMPLE_FORMAT) and number(tags, tiff.SAMPLES, 1) > 1


def read_floats(data: bytes, tags: Tags, name: str) -> Image.Image:
    """The picture in mode RGB or RGBA; 0…1 is black to white.

    Its strips are whole. Raises `UnreadableImageError` for other values, or what is stored in
    another way than plain strips.
    """
    bits = set(numbers(tags, tiff.BITS))
    samples = number(tags, tiff.SAMPLES, 1)
    if (
        tiff.TILE_WIDTH in tags
        or number(tags, tiff.COMPRESSION, tiff.PLAIN) not in (tiff.PLAIN, *tiff.DEFLATES)
        or number(tags, tiff.PREDICTOR, 1) != 1
        or samples not in (3, 4)
        or bits not in ({16}, {32}, {64})
    ):
        raise UnreadableImageError(
            f"{name}: a TIFF of float colours, packed in a way that is not read; "
            "save it with 8 or 16 bits"
        )
    kind = np.dtype(f"f{bits.pop() // 8}").newbyteorder("<" if data[:1] == b"I" else ">")
    width, height = number(tags, tiff.WIDTH, 0), number(tags, tiff.HEIGHT, 0)
    strips = [eight_bits(np.frombuffer(strip, kind), name) for strip in _strips(data, tags)]
    levels = np.concatenate(strips)
    if number(tags, tiff.PLANES, 1) == _APART:
        levels = np.moveaxis(levels.reshape(samples, height, width), 0, -1)
    return Image.fromarray(np.ascontiguousarray(levels.reshape(height, width, samples)))


def eight_bits(values: NDArray[np.floating], name: str) -> NDArray[np.uint8]:
    """Floats of 0…1 as 0…255, rounded. Raises `UnreadableImageError` for any other float."""
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 1):
        raise UnreadableImageError(
            f"{name}: floats from {lowest:g} to {highest:g} have no fixed white; "
            "scale them to 0…1, or save it with 8 or 16 bits"
        )
    return np.asarray(np.rint(values * 255), np.uint8)


def _strips(data: bytes, tags: Tags) -> Iterator[bytes]:
    """Each strip unpacked."""
    packed = number(tags, tiff.COMPRESSION, tiff.PLAIN) != tiff.PLAIN
    blocks = blocks_of(tags)
    starts, counts = (numbers(tags, tag) for tag in tiff.STRIPS)
    for at, start in enumerate(starts[: blocks.number]):
        size = blocks.size(at)
        strip = data[start : start + (counts[at] if at < len(counts) else size)]
        yield isal_zlib.decompressobj().decompress(strip, size) if packed else strip[:size]
