"""What FFmpeg gets wrong in an animated picture that it has written, set right in place."""

from pathlib import Path
from typing import BinaryIO
from zlib import crc32

_MS = 1000
_SEE_THROUGH = 0x10


def set_right(path: Path, last_seconds: float, *, has_alpha: bool) -> None:
    """Have the last frame shown so long, and a WebP with `has_alpha` known for one.

    FFmpeg takes the last duration from those before. A WebP whose frames are opaque rectangles on
    nothing would be taken for opaque.
    """
    milliseconds = round(last_seconds * _MS)
    with path.open("r+b") as file:
        if file.read(4) == b"RIFF":
            _set_webp(file, milliseconds, has_alpha)
        else:
            _set_png(file, milliseconds)


def _set_png(file: BinaryIO, milliseconds: int) -> None:
    """PNG, third edition, §5.3 and §11.3.6.2."""
    last, at = None, 8
    while head := _read(file, at, 8):
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"fcTL":
            last = at
        at += length + 12
    if last is not None:
        chunk = bytearray(_read(file, last + 4, 4 + 26))
        delay = min(milliseconds, 0xFFFF)
        chunk[24:28] = delay.to_bytes(2, "big") + _MS.to_bytes(2, "big")
        _write(file, last + 4, bytes(chunk) + crc32(chunk).to_bytes(4, "big"))


def _set_webp(file: BinaryIO, milliseconds: int, has_alpha: bool) -> None:
    """RFC 9649, §2.3, §2.7 and §2.7.1.1."""
    last, at = None, 12
    while head := _read(file, at, 8):
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"ANMF":
            last = at
        if head[:4] == b"VP8X" and has_alpha:
            _write(file, at + 8, bytes([_read(file, at + 8, 1)[0] | _SEE_THROUGH]))
        at += 8 + length + length % 2
    if last is not None:
        _write(file, last + 8 + 12, min(milliseconds, 0xFF_FF_FF).to_bytes(3, "little"))


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _write(file: BinaryIO, at: int, data: bytes) -> None:
    file.seek(at)
    file.write(data)
