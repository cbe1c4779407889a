"""Pixels -> PNG bytes (W3C PNG, third edition), many times faster than zlib at nearly the same size.

Every line is filtered by one vectorised subtraction for a whole band of lines, and deflated by Intel's igzip.
"""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels -> the colour type of the header: grey, RGB, RGBA."""
UP = 2
BAND_BYTES = 1 << 20
"""A band fits the second-level cache, so that filter and deflate find it there."""


def encode_png(pixels: NDArray[np.uint8], *, icc_profile: bytes | None = None) -> bytes:
    """`pixels`, (height, width), (height, width, 3) or (height, width, 4), as a lossless 8-bit PNG file.

    Raises `ValueError` for any other array.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if (
        pixels.dtype != np.uint8
        or pixels.ndim not in (2, 3)
        or channels not in COLOUR_TYPES
        or not pixels.size
    ):
        raise ValueError(f"no PNG picture: {pixels.dtype} array of shape {pixels.shape}")
    header = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    parts = [SIGNATURE, *_chunk(b"IHDR", header)]
    if icc_profile:
        parts += _chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc_profile))
    packer = isal_zlib.compressobj(level=1)
    for band in _filtered(pixels.reshape(height, width * channels)):
        parts += _chunk(b"IDAT", packer.compress(band))
    parts += _chunk(b"IDAT", packer.flush())
    return b"".join([*parts, *_chunk(b"IEND", b"")])


def _filtered(lines: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Bands of `lines`, each line led by its filter type and less the line above it."""
    height, width = lines.shape
    step = max(1, BAND_BYTES // width)
    for top in range(0, height, step):
        band = lines[top : top + step]
        out = np.empty((len(band), width + 1), np.uint8)
        out[:, 0] = UP
        if top:
            np.subtract(band[0], lines[top - 1], out=out[0, 1:])
        else:
            out[0, 1:] = band[0]
        np.subtract(band[1:], band[:-1], out=out[1:, 1:])
        yield out


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind, data, struct.pack(">I", checksum)
