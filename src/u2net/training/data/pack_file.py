"""The file of a pack, and the pictures and masks in it, memory-mapped.

It holds the pixels one item after another, then where each lies, then what is said about them, and
last a checksum of these two. Who reads a pack holds it, so that nobody prunes it meanwhile.
"""

import hashlib
import json
import struct
import zlib
from dataclasses import asdict, dataclass, field
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.errors import DatasetError
from u2net.machine.cache import hold

_END = struct.Struct("<8sQQ32s")
"""Magic, items, bytes of text, SHA-256 of rows and text."""
_MAGIC = b"u2netpk3"
_ROW = 7 * 8
"""Bytes of a row: seven numbers of 64 bits."""


@dataclass(slots=True)
class About:
    """What is said about the items of a pack."""

    name: str
    """What the source is called."""
    squeezed: bool
    """Whether masks are compressed by zlib."""
    stems: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Why each item that could not be used was left out."""
    notes: dict[str, int] = field(default_factory=dict)
    """What was done to masks to read them -> to how many."""
    channels: int = 3
    """Of each picture."""
    planes: int = 0
    """Of each mask, (height, width, planes); 0 where it is one without that axis."""

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.name, *self.stems, *self.left_out)):
            raise TypeError("stems that are no names")


class Pack:
    """The packed items of a source, read through a memory map that processes share."""

    def __init__(self, path: Path) -> None:
        """Raises `DatasetError` when the file is gone or damaged."""
        self.path = path
        try:
            # The map has a descriptor of its own, and with it the lock, for as long as it lives.
            with hold(path) as file:
                self._bytes = np.memmap(file, np.uint8, "r")
            self._rows, self.about = read_end(self._bytes)
        except (OSError, LookupError, TypeError, ValueError, struct.error) as error:
            raise DatasetError(f"{path}: the packed copy is gone or damaged ({error})") from error

    @property
    def left_out(self) -> list[str]:
        """Why each item that could not be used was left out."""
        return self.about.left_out

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> tuple[RGB, Mask]:
        """Picture (height, width, channels), mask (height, width[, planes]), uint8, read-only."""
        at, height, width, mask_at, mask_bytes, *mask_hw = (int(n) for n in self._rows[number])
        shape = height, width, self.about.channels
        picture = self._bytes[at : at + prod(shape)].reshape(shape)
        mask = self._bytes[mask_at : mask_at + mask_bytes]
        if self.about.squeezed:
            mask = np.frombuffer(zlib.decompress(mask.data), np.uint8)
        planes = (self.about.planes,) if self.about.planes else ()
        return picture, mask.reshape(*mask_hw, *planes)

    def __reduce__(self) -> tuple[type["Pack"], tuple[Path]]:
        return Pack, (self.path,)


def write_end(file: BinaryIO, rows: NDArray[np.int64], about: About) -> None:
    """Append rows, text and checksum."""
    text = json.dumps(asdict(about)).encode()
    end = rows.tobytes() + text
    file.write(end + _END.pack(_MAGIC, len(rows), len(text), hashlib.sha256(end).digest()))


def read_end(data: NDArray[np.uint8]) -> tuple[NDArray[np.int64], About]:
    """Rows and text of a pack. Raises `ValueError`, `TypeError` or `struct.error` for damage."""
    magic, items, length, digest = _END.unpack(data[-_END.size :].tobytes())
    start = len(data) - _END.size - length - _ROW * items
    if magic != _MAGIC or items < 1 or start < 0:
        raise ValueError("cut off, or no pack")
    end = data[start : len(data) - _END.size].tobytes()
    if hashlib.sha256(end).digest() != digest:
        raise ValueError("its checksum is wrong")
    rows = np.frombuffer(end[: _ROW * items], np.int64).reshape(items, 7)
    about = About(**json.loads(end[_ROW * items :]))
    picture = about.channels * rows[-1, 1] * rows[-1, 2]
    last = max(rows[-1, 0] + picture, rows[-1, 3] + rows[-1, 4])
    if last != start or len(about.stems) != items:
        raise ValueError("its parts do not belong together")
    return rows, about
