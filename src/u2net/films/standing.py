"""A film in which nothing changes, as an animated WebP: libwebp makes one picture of it."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO

_ANIMATED = 0x02
_HEAD = 12
DURATION = 8 + 12
"""Where it is in a frame, in bytes: three of them, milliseconds."""


def standing(webp: bytes, milliseconds: int) -> bytes:
    """`webp`, one picture, as an animation that shows it so long and goes on for ever.

    RFC 9649, §2.7.1. Readers take an animation of one frame for a picture, so there is a second
    one: a pixel of nothing, for as long.
    """
    from PIL import Image

    with Image.open(BytesIO(webp)) as picture:
        size_wh = picture.size
    shown = milliseconds.to_bytes(3, "little")
    # Where its margins are transparent, it is the one frame of an animation, cut to what is seen.
    cut = [chunk for chunk in _chunks(webp) if chunk.startswith(b"ANMF")]
    frames = [frame[:DURATION] + shown + frame[DURATION + 3 :] for frame in cut]
    whole = [
        _chunk(b"VP8X", bytes([_ANIMATED, 0, 0, 0]) + _sides(size_wh)),
        _chunk(b"ANIM", bytes(6)),
        *(frames or [_frame(webp, size_wh, shown)]),
        _frame(_nothing(), (1, 1), shown),
    ]
    return _chunk(b"RIFF", b"".join((b"WEBP", *whole)))


def _frame(webp: bytes, size_wh: tuple[int, int], shown: bytes) -> bytes:
    pixels = (one for one in _chunks(webp) if one.startswith((b"ALPH", b"VP8 ", b"VP8L")))
    place = bytes(6) + _sides(size_wh)
    return _chunk(b"ANMF", b"".join((place, shown, bytes(1), *pixels)))


def _chunks(webp: bytes) -> Iterator[bytes]:
    at = _HEAD
    while at < len(webp):
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        yield webp[at:end]
        at = end


@cache
def _nothing() -> bytes:
    from PIL import Image

    made = BytesIO()
    Image.new("RGBA", (1, 1)).save(made, "WEBP", lossless=True)
    return made.getvalue()


def _sides(size_wh: tuple[int, int]) -> bytes:
    return b"".join((side - 1).to_bytes(3, "little") for side in size_wh)


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
