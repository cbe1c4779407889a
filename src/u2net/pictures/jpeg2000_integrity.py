"""Whether a JPEG 2000 file (ITU-T T.800) is whole: OpenJPEG takes one without tiles for black."""

import struct

_EOC = b"\xff\xd9"
"""The last marker; packed pixels cannot look like it."""
_PADDING = 64
"""Bytes that may follow it."""


def check_end(data: bytes) -> None:
    """Raise `ValueError` when the codestream has no end."""
    if _EOC not in _codestream(data)[-_PADDING:]:
        raise ValueError("no end")


def _codestream(data: bytes) -> bytes:
    """What the box `jp2c` holds; a bare codestream is that itself."""
    if data.startswith(b"\xff\x4f"):
        return data
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:  # a size of 64 bits follows
            head, size = 16, struct.unpack_from(">Q", data, at + 8)[0]
        if kind == b"jp2c":
            return data[at + head : at + size if size else len(data)]
        at += max(size, head) if size else len(data)
    return b""
