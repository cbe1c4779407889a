"""Whether a zlib stream (RFC 1950) holds what was promised."""

from collections.abc import Iterable

from isal import isal_zlib

_PIECE = 1 << 20
"""Bytes that are inflated at once and thrown away."""


def holds(pieces: Iterable[bytes | memoryview], size: int) -> bool:
    """Whether the stream in `pieces` gives `size` bytes, and its checksum is right.

    No more than that is inflated. Raises `isal_zlib.error` for a stream that is damaged.
    """
    stream = isal_zlib.decompressobj()
    for piece in pieces:
        while len(piece) and not stream.eof:
            size -= len(stream.decompress(piece, _PIECE))
            if size < -_PIECE:
                return True
            piece = stream.unconsumed_tail
    # Without its end the checksum was not compared.
    return size <= 0
