"""How long an AVI file says it is."""

from pathlib import Path

_HEAD = 12
_SLACK = 16
"""Bytes by which some writers say more than they write: the head of the file, and a filler."""


def end_of(path: Path) -> int | None:
    """The bytes of the whole file; None for another kind, and one whose writer did not come so far.

    Long ones are several pieces in a row, each with its own length (OpenDML AVI 1.02, §2).
    """
    end, form = 0, b"AVI "
    with path.open("rb") as file:
        while (head := file.read(_HEAD))[:4] == b"RIFF" and head[8:] == form:
            length = int.from_bytes(head[4:8], "little")
            end, form = end + 8 + length + length % 2, b"AVIX"
            if not length:
                return None
            file.seek(end)
    return end - _SLACK if end else None
