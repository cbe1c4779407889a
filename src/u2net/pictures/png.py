"""Pixels -> PNG bytes (W3C PNG, third edition), many times faster than zlib, nearly as small.

Bands of lines are filtered by vectorised subtractions and deflated several at a time, by Intel's
igzip or, where they are smooth, by zlib-ng; their pieces make one deflate stream.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from zlib_ng import zlib_ng

from u2net.arrays import RGB, Lines
from u2net.machine.cores import cores

Bytes: TypeAlias = NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""Channels -> the colour type of the header: grey, RGB, RGBA."""
BY_PALETTE = 3
"""The colour type of numbers that a palette explains."""
BAND_BYTES = 1 << 19
"""Lines and their filtered copy stay in the second-level cache from one step to the next."""
TRIED = 16
"""The filters are tried on one in so many lines of a band: on neighbours, which are alike."""
IGZIP_LEVEL = 2
"""The third is slower and finds less."""
LEVELS = {0.1: 5, 0.2: 3}
"""Part of its size that igzip would leave of a band -> level of zlib-ng, which finds more there.

Above the last igzip takes a third of the time for nearly the same size.
"""
SMALL_LEVEL = 3
"""Level of zlib-ng at least for a picture of one band: there is little time to win, and no other
band to make up for a large one.
"""
THREADS = min(4, cores())
_ADLER = 65521


def encode_png(
    pixels: Lines,
    *,
    icc_profile: bytes | None = None,
    chunks: Iterable[tuple[bytes, bytes]] = (),
    palette: RGB | None = None,
) -> bytes:
    """`pixels`, (height, width), (height, width, 3) or (height, width, 4), as a PNG, lossless.

    They are asked for a band at a time. `chunks` are kinds and contents that come before them.
    With a `palette`, (colours, 3), the levels of (height, width) are numbers of its colours.
    Raises `ValueError` for any other array.
    """
    shape = pixels.shape
    channels = {2: 1, 3: shape[-1]}.get(len(shape), 0) if shape else 0
    first = pixels[:1] if shape else np.empty(0)
    if first.dtype != np.uint8 or channels not in COLOUR_TYPES or 0 in shape:
        raise ValueError(f"no PNG picture: {first.dtype} array of shape {shape}")
    kind = COLOUR_TYPES[channels] if palette is None else BY_PALETTE
    header = struct.pack(">IIBBBBB", shape[1], shape[0], 8, kind, 0, 0, 0)
    parts = _chunk(b"IHDR", header)
    if icc_profile:
        parts += _chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc_profile))
    if palette is not None:
        parts += _chunk(b"PLTE", palette.tobytes())
    for name, content in chunks:
        parts += _chunk(name, content)
    for data in _zlib_stream(pixels, channels):
        parts += _chunk(b"IDAT", data)
    return b"".join([SIGNATURE, *parts, *_chunk(b"IEND", b"")])


class _Piece(NamedTuple):
    """A deflated band."""

    data: bytes
    size: int
    adler: int
    """Checksum of the filtered lines."""


def _zlib_stream(pixels: Lines, step: int) -> list[bytes]:
    """The filtered lines as a zlib stream (RFC 1950), in parts; `step` bytes are a pixel."""
    height, width = pixels.shape[:2]
    rows = max(1, BAND_BYTES // (width * step))
    tops = range(0, height, rows)

    def piece(top: int) -> _Piece:
        # The line above belongs to the band before: filters look at it.
        lines = pixels[max(0, top - 1) : top + rows].reshape(-1, width * step)
        if not top:
            lines = np.concatenate([np.zeros_like(lines[:1]), lines])
        filtered, left = _filtered(lines, step)
        level = next((level for part, level in LEVELS.items() if left < part), 0)
        return _deflated(filtered, level or (SMALL_LEVEL if len(tops) == 1 else 0))

    if len(tops) == 1 or THREADS == 1:
        pieces = [piece(top) for top in tops]
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            pieces = list(pool.map(piece, tops))
    adler = 1
    for part in pieces:
        adler = _joined(adler, part.adler, part.size)
    # 78 01: deflate with a 32-KB window. 03 00: an empty last block.
    return [b"\x78\x01", *(part.data for part in pieces), b"\x03\0" + struct.pack(">I", adler)]


def _filtered(lines: Bytes, step: int) -> tuple[Bytes, float]:
    """Each line but the first led by its filter's number and less what that filter foretells.

    And which part of its size igzip would leave of it, by the lines on which it was tried.
    """
    above, band = lines[:-1], lines[1:]
    middle = len(band) // 2
    trial = slice(middle, middle + len(band) // TRIED + 1)
    tried = [_cost(f(band[trial], above[trial], step)) for f in _FILTERS.values()]
    number, best = list(_FILTERS.items())[int(np.argmin(tried))]
    out = np.empty((len(band), band.shape[1] + 1), np.uint8)
    out[:, 0] = number
    out[:, 1:] = best(band, above, step)
    return out, min(tried) / band[trial].size


def _cost(residue: Bytes) -> int:
    """How small it becomes: as quick to find out as the usual guess by absolute sums."""
    return len(isal_zlib.compress(residue.data, IGZIP_LEVEL))


def _sub(band: Bytes, above: Bytes, step: int) -> Bytes:
    out: Bytes = band.copy()
    out[:, step:] -= band[:, :-step]
    return out


def _up(band: Bytes, above: Bytes, step: int) -> Bytes:
    residue: Bytes = band - above
    return residue


def _average(band: Bytes, above: Bytes, step: int) -> Bytes:
    left = np.zeros_like(band)
    left[:, step:] = band[:, :-step]
    # (left + above) // 2 without a ninth bit
    foretold: Bytes = (left & above) + ((left ^ above) >> 1)
    residue: Bytes = band - foretold
    return residue


_FILTERS: dict[int, Callable[[Bytes, Bytes, int], Bytes]] = {1: _sub, 2: _up, 3: _average}
"""Number in the file -> filter. The fourth, Paeth's, takes longer than all else together."""


def _deflated(filtered: Bytes, level: int) -> _Piece:
    """By zlib-ng at `level`, or by igzip where that is 0."""
    content = filtered.data
    packer: Any
    if level:
        packer = zlib_ng.compressobj(level, wbits=-15)
    else:
        packer = isal_zlib.compressobj(IGZIP_LEVEL, wbits=-15, memLevel=5)
    data = packer.compress(content) + packer.flush(zlib.Z_SYNC_FLUSH)
    return _Piece(data, filtered.size, isal_zlib.adler32(content))


def _joined(first: int, second: int, size: int) -> int:
    """Adler-32 of two byte strings in a row, from those of each and the size of the second."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)
    return (high % _ADLER) << 16 | low % _ADLER


def _chunk(kind: bytes, data: bytes) -> list[bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return [struct.pack(">I", len(data)) + kind, data, struct.pack(">I", checksum)]
