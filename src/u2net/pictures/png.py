"""Pixels -> PNG bytes (W3C PNG, third edition), many times faster than zlib, nearly as small.

Bands of lines are filtered by vectorised subtractions and deflated several at a time, by whichever
of three packers suits them; their pieces make one deflate stream.
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
WORTH = 0.97
"""What runs alone leave, of what igzip leaves, from which they are worth twice its time."""
SMOOTH = 0.05
"""Part of its size that igzip would leave of a band which was drawn, not photographed: matches are
worth four times its time there. Of photographs they save a seventh where they save most.
"""
LEVEL = 4
"""Of zlib-ng, which looks for those matches."""
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


Packer: TypeAlias = Callable[[], Any]
"""Begins a raw deflate stream (RFC 1951)."""


def _igzip() -> Any:
    """Intel's: the quickest, and enough for the noise of photographs."""
    return isal_zlib.compressobj(IGZIP_LEVEL, wbits=-15, memLevel=5)


def _runs() -> Any:
    """Runs of one byte, and codes by how often bytes come: where much is transparent."""
    return zlib_ng.compressobj(1, wbits=-15, strategy=zlib_ng.Z_RLE)


def _matches() -> Any:
    """All that may come again, such as patterns and smooth slopes."""
    return zlib_ng.compressobj(LEVEL, wbits=-15)


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
        return _deflated(*_filtered(lines, step, small=len(tops) == 1))

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


def _filtered(lines: Bytes, step: int, *, small: bool) -> tuple[Bytes, Packer]:
    """Each line but the first led by its filter's number and less what that filter foretells.

    And who is to pack it. Both are tried on some of the lines.
    """
    above, band = lines[:-1], lines[1:]
    middle = len(band) // 2
    trial = slice(middle, middle + len(band) // TRIED + 1)
    tried = {n: f(band[trial], above[trial], step) for n, f in _FILTERS.items()}
    # As quick to find out as the usual guess by absolute sums.
    sizes = {number: _size(residue, _igzip) for number, residue in tried.items()}
    number = min(sizes, key=sizes.__getitem__)
    out = np.empty((len(band), band.shape[1] + 1), np.uint8)
    out[:, 0] = number
    out[:, 1:] = _FILTERS[number](band, above, step)
    return out, _packer(tried[number], sizes[number], small=small)


def _packer(residue: Bytes, size: int, *, small: bool) -> Packer:
    """Who is to pack a band like `residue`, of which igzip leaves `size` bytes.

    In a `small` picture, of this band alone, there is little time to win.
    """
    if _size(residue, _runs) < WORTH * size:
        return _runs
    return _matches if small or size < SMOOTH * residue.size else _igzip


def _size(residue: Bytes, packer: Packer) -> int:
    """How small it becomes."""
    return len(_packed(residue, packer))


def _packed(content: Bytes, packer: Packer) -> bytes:
    """As deflate blocks that others may follow."""
    stream = packer()
    data: bytes = stream.compress(content.data) + stream.flush(zlib.Z_SYNC_FLUSH)
    return data


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


def _deflated(filtered: Bytes, packer: Packer) -> _Piece:
    data = _packed(filtered, packer)
    return _Piece(data, filtered.size, isal_zlib.adler32(filtered.data))


def _joined(first: int, second: int, size: int) -> int:
    """Adler-32 of two byte strings in a row, from those of each and the size of the second."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + size * ((first & 0xFFFF) - 1)
    return (high % _ADLER) << 16 | low % _ADLER


def _chunk(kind: bytes, data: bytes) -> list[bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return [struct.pack(">I", len(data)) + kind, data, struct.pack(">I", checksum)]
