"""How long a Matroska or WebM file says it is."""

from pathlib import Path
from typing import BinaryIO

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
"""Numbers of the two elements that a file is made of; RFC 8794 §11.2.1, RFC 9559 §5.1."""


def end_of(path: Path) -> int | None:
    """The bytes of the whole file; None for another kind, and one that was written to a pipe."""
    with path.open("rb") as file:
        if _number(file, marked=True) != _EBML:
            return None
        file.seek(_number(file) or 0, 1)
        if _number(file, marked=True) != _SEGMENT:
            return None
        length = _number(file)
        return None if length is None else file.tell() + length


def _number(file: BinaryIO, *, marked: bool = False) -> int | None:
    """A number of 1 to 8 bytes, with its mark of length or without; None for an unknown one.

    RFC 8794 §4.
    """
    first = file.read(1)
    if not first or not first[0]:
        return None
    width = 9 - first[0].bit_length()
    whole = int.from_bytes(first + file.read(width - 1), "big")
    if marked:
        return whole
    value = whole & ((1 << 7 * width) - 1)
    return None if value == (1 << 7 * width) - 1 else value
