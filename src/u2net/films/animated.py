"""What FFmpeg gets wrong in an animated picture that it has written, set right in place."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from u2net.films.standing import DURATION, standing

_MS = 1000
_SEE_THROUGH = 0x10


def set_right(path: Path, last_seconds: float, seconds: float, *, has_alpha: bool) -> None:
    """Have the last frame shown so long, the whole `seconds`, and `has_alpha` known of a WebP.

    FFmpeg takes the last duration from those before. A WebP whose frames are opaque rectangles on
    nothing would be taken for opaque; frames that are alike are one there, and no animation when
    there are no others.
    """
    last_ms, all_ms = round(last_seconds * _MS), round(seconds * _MS)
    with path.open("r+b") as file:
        if file.read(4) != b"RIFF":
            _set_png(file, last_ms)
            return
        if last_ms < all_ms and len(list(_webp_chunks(file, b"ANMF"))) < 2:
            file.seek(0)
            still = standing(file.read(), last_ms)
            _write(file, 0, still)
        _set_webp(file, all_ms, has_alpha)


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
    """RFC 9649, §2.7 and §2.7.1.1."""
    if has_alpha:
        for at in _webp_chunks(file, b"VP8X"):
            _write(file, at + 8, bytes([_read(file, at + 8, 1)[0] | _SEE_THROUGH]))
    if frames := list(_webp_chunks(file, b"ANMF")):
        *before, last = (at + DURATION for at in frames)
        past = sum(int.from_bytes(_read(file, at, 3), "little") for at in before)
        left = max(0, min(milliseconds - past, 0xFF_FF_FF))
        _write(file, last, left.to_bytes(3, "little"))


def _webp_chunks(file: BinaryIO, name: bytes) -> Iterator[int]:
    """Where those called `name` are; RFC 9649, §2.3."""
    at = 12
    while head := _read(file, at, 8):
        length = int.from_bytes(head[4:], "little")
        if head[:4] == name:
            yield at
        at += 8 + length + length % 2


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _write(file: BinaryIO, at: int, data: bytes) -> None:
    file.seek(at)
    file.write(data)
