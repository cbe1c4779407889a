"""The pixels of a JPEG (ITU-T T.81), all of them: libjpeg paints over what is lost and only warns.

libjpeg-turbo, through simplejpeg, writes into an array at once: less time and half the memory that
Pillow needs. It stops at its first warning. Some are about oddities that cost no pixel; they are
mended and the file is read again, for a warning of damage may follow.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from simplejpeg import decode_jpeg

from u2net.arrays import RGB

_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
"""Pillow's mode -> what simplejpeg calls it."""

_SCANS_MOST = 500
"""What libjpeg-turbo advises: every scan of a progressive picture costs as much as all of it."""

_TRIES = 3
_STRAY = re.compile(r"(\d+) extraneous bytes before marker 0x(\w\w)")
_STRAY_MOST = 64
"""Bytes before a marker that are taken for padding; more were pixels."""
_ODD_HEADER = re.compile("unknown JFIF revision|Unknown Adobe color transform|Invalid SOS param")

_ODD_SAMPLING = "Could not determine subsampling"

_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
_SOS, _EOI, _APP0, _APP14 = 0xDA, 0xD9, 0xE0, 0xEE
_SEQUENTIAL = {0xC0, 0xC1}
"""Markers of frames whose scans all say the same of themselves."""


class OddSamplingError(ValueError):
    """The colours are sampled in a way that libjpeg-turbo's own interface has no name for."""


def pixels(data: bytes, mode: str, wh: tuple[int, int], shrink: int = 1) -> RGB | Image.Image:
    """The picture of `wh` pixels: (H, W, 3) for mode RGB, else a Pillow image of mode L or CMYK.

    With `shrink` 2, 4 or 8 each side is that many times smaller, rounded up. Raises `ValueError`
    for a picture of which anything is lost or wrong; a few stray bytes before a marker may be.
    `OddSamplingError` means that Pillow must read it.
    """
    # Counted plainly first, for it is quick; behind the picture there may be a film.
    if data.count(b"\xff\xda") > _SCANS_MOST < _scans(data):
        raise ValueError(f"more than {_SCANS_MOST} scans")
    found = _decoded(data, _SPACES[mode], [-(-side // shrink) for side in wh], _TRIES)
    if mode == "RGB":
        return found
    # Adobe's convention, which everybody follows: ink is stored inverted.
    raw = "CMYK;I" if mode == "CMYK" else mode
    return Image.frombuffer(mode, found.shape[1::-1], found, "raw", raw, 0, 1)


def check(data: bytes, mode: str) -> None:
    """Raise as `pixels` does, without the pixels: an eighth of them is made, for little time."""
    pixels(data, mode, (1, 1))


def _decoded(data: bytes, space: str, wh: list[int], tries: int) -> NDArray[np.uint8]:
    try:
        found = decode_jpeg(data, space, min_width=wh[0], min_height=wh[1], strict=True)
        return np.asarray(found, np.uint8)
    except ValueError as error:
        if _ODD_SAMPLING in str(error):
            raise OddSamplingError from error
        mended = _mended(data, str(error)) if tries > 1 else None
        if mended is None:
            raise
    return _decoded(mended, space, wh, tries - 1)


def _scans(data: bytes) -> int:
    return sum(segment.marker == _SOS for segment in _segments(data))


class _Segment(NamedTuple):
    marker: int
    start: int
    content: int
    end: int


def _mended(data: bytes, warning: str) -> bytes | None:
    """`data` without the oddity of `warning`; None when that is no harmless one."""
    if _ODD_HEADER.search(warning):
        return _plain_header(data)
    stray = _STRAY.search(warning)
    if stray is None or int(stray[1]) > _STRAY_MOST:
        return None
    if int(stray[2], 16) != _EOI:
        return _plain_header(data)
    end = next((segment.start for segment in _segments(data) if segment.marker == _EOI), None)
    return None if end is None else data[: end - int(stray[1])] + data[end:]


def _plain_header(data: bytes) -> bytes:
    """`data` without stray bytes between segments, and with fields that say nothing odd."""
    segments = list(_segments(data))
    sequential = not _SEQUENTIAL.isdisjoint(segment.marker for segment in segments)
    parts, at, in_scan = [data[:2]], 2, False
    for segment in segments:
        between = data[at : segment.start]
        if in_scan or len(between) > _STRAY_MOST:
            parts.append(between)
        content = bytearray(data[segment.content : segment.end])
        _make_plain(segment.marker, content, sequential)
        parts += [data[segment.start : segment.content], bytes(content)]
        at, in_scan = segment.end, segment.marker == _SOS
    return b"".join([*parts, data[at:]])


def _make_plain(marker: int, content: bytearray, sequential: bool) -> None:
    """Change what a segment says oddly to what libjpeg takes it for; its length comes first."""
    if marker == _APP0 and content[2:7] == b"JFIF\0":
        content[7:8] = b"\1"
    elif marker == _APP14 and content[2:7] == b"Adobe" and content[13:14] > b"\2":
        content[13] = 1  # YCbCr
    elif marker == _SOS and sequential:
        content[-3:] = b"\0\x3f\0"


def _segments(data: bytes) -> Iterator[_Segment]:
    """What the markers begin, up to the end of the picture; data of scans lies between them."""
    at = 2
    while match := _MARKER.search(data, at):
        marker = match[1][0]
        size = 0 if marker == _EOI else int.from_bytes(data[match.end() : match.end() + 2], "big")
        yield _Segment(marker, match.start(), match.end(), match.end() + size)
        if marker == _EOI:
            return
        at = match.end() + size
