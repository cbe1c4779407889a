"""Float colours of a TIFF -> 8 bits; Pillow knows float grey only."""

from collections.abc import Iterator

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image

from u2net.errors import UnreadableImageError
from u2net.pictures import tiff
from u2net.pictures.tiff import Tags, number, numbers

_FLOAT = 3
"""Format of a sample."""


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
        or number(tags, tiff.PLANES, 1) != 1
        or samples not in (3, 4)
        or bits not in ({16}, {32}, {64})
    ):
        raise UnreadableImageError(
            f"{name}: a TIFF of float colours, packed in a way that is not read; "
            "save it with 8 or 16 bits"
        )
    kind = np.dtype(f"f{bits.pop() // 8}").newbyteorder("<" if data[:1] == b"I" else ">")
    width, height = number(tags, tiff.WIDTH, 0), number(tags, tiff.HEIGHT, 0)
    line_bytes = width * samples * kind.itemsize
    strip_bytes = line_bytes * min(number(tags, tiff.STRIP_LINES, height), height)
    levels = np.concatenate(
        [eight_bits(np.frombuffer(strip, kind), name) for strip in _strips(data, tags, strip_bytes)]
    )[: width * height * samples]
    return Image.fromarray(levels.reshape(height, width, samples))


def eight_bits(values: NDArray[np.floating], name: str) -> NDArray[np.uint8]:
    """Floats of 0…1 as 0…255, rounded. Raises `UnreadableImageError` for any other float."""
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 1):
        raise UnreadableImageError(
            f"{name}: floats from {lowest:g} to {highest:g} have no fixed white; "
            "scale them to 0…1, or save it with 8 or 16 bits"
        )
    return np.asarray(np.rint(values * 255), np.uint8)


def _strips(data: bytes, tags: Tags, most: int) -> Iterator[bytes]:
    """Each strip unpacked, `most` bytes of it."""
    packed = number(tags, tiff.COMPRESSION, tiff.PLAIN) != tiff.PLAIN
    starts, counts = (numbers(tags, tag) for tag in tiff.STRIPS)
    for at, start in enumerate(starts):
        strip = data[start : start + (counts[at] if at < len(counts) else most)]
        yield isal_zlib.decompressobj().decompress(strip, most) if packed else strip[:most]
