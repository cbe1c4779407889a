"""What a Photoshop document (Adobe, 2019) says of the picture that all its layers make."""

import struct

_HEADER = 26
_VERSION_INFO = 1057


def is_merged(data: bytes) -> bool:
    """Whether the picture is there: documents may be saved without it, and then it is white."""
    start, end = _section(data, _section(data, _HEADER)[1])
    while start + 12 <= end:
        (number,) = struct.unpack_from(">H", data, start + 4)
        start += 6 + (data[start + 6] // 2 + 1) * 2
        (size,) = struct.unpack_from(">I", data, start)
        if number == _VERSION_INFO and size >= 5:
            return bool(data[start + 8])
        start += 4 + size + size % 2
    return True


def is_clear(data: bytes) -> bool:
    """Whether a fourth channel says how transparent it is; else it is a selection that was kept.

    The number of layers is below 0 then.
    """
    start, end = _section(data, _section(data, _section(data, _HEADER)[1])[1])
    return end - start >= 6 and struct.unpack_from(">h", data, start + 4)[0] < 0


def _section(data: bytes, at: int) -> tuple[int, int]:
    """Where the part that begins with its length at `at` has its content, and where that ends."""
    (size,) = struct.unpack_from(">I", data, at)
    return at + 4, at + 4 + size
