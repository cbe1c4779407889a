"""Whether a PCX file (ZSoft, 1991) has its palette: Pillow takes its numbers for grey without."""

_PALETTE = 769
"""Bytes at the end: a mark, and 256 colours."""
_MARK = 12
_OF_256_COLOURS = (5, 8, 1)
"""Version, bits and planes."""


def check_palette(data: bytes) -> None:
    """Raise `ValueError` when there should be one and is none."""
    needed = (data[1], data[3], data[65]) == _OF_256_COLOURS
    if needed and (len(data) < 128 + _PALETTE or data[-_PALETTE] != _MARK):
        raise ValueError("no palette")
