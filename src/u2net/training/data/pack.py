"""A source -> its pack, decoded once and kept in the cache.

Its name comes from the list of files, as they lie below their set, with sizes and times: a changed
set is packed anew. It is built under a file lock and moved in whole, so two builders are safe and a
killed one leaves nothing in use.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from filelock import FileLock

from u2net.arrays import RGB, Mask
from u2net.data.plane import Notes
from u2net.errors import DatasetError, OutputError
from u2net.files import atomic
from u2net.machine.cache import cache_folder, discard, prune
from u2net.training.data.pack_file import About, Pack, write_end
from u2net.training.data.sources import Item, Source

PART = "packs"
"""The folder of packs inside the cache."""

MOST = 20_000_000_000
"""Bytes of packs that are kept; DUTS-TR at 400 pixels has 5 GB."""

UNUSED_DAYS = 90
VERSION = 3
READERS = 4

Pixels = tuple[RGB, Mask, Notes]
"""Picture (height, width, 3), mask (height, width), both uint8, and notes on the mask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the items of a source are packed."""

    pixels: Callable[[Item], Pixels]
    """May raise `DatasetError`."""
    said: str
    """In words, the same where the pixels are."""
    squeezed: bool = False


def pack(
    source: Source,
    *,
    longest: int,
    on_bad: Literal["stop", "skip"],
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Pack:
    """The pack of `source`, no side above `longest`, built when there is none that is whole.

    `tell` is told of a damaged one. Raises `DatasetError` for an item that cannot be used
    (`on_bad="stop"`) or when none is left, and `OutputError` when the cache cannot be written.
    """
    reading = Reading(pixels=lambda item: source.read(item, longest), said=f"at most {longest}")
    return kept(source, reading, on_bad, folder, tell)


def pack_held_out(
    source: Source,
    *,
    size_hw: tuple[int, int],
    on_bad: Literal["stop", "skip"],
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Pack:
    """The pack of a source that is validated on: pictures as the network is given them, `size_hw`,
    masks at their own size, compressed. Otherwise as `pack`."""
    reading = Reading(
        pixels=lambda item: source.read_held_out(item, size_hw),
        said=f"squashed to {size_hw}",
        squeezed=True,
    )
    return kept(source, reading, on_bad, folder, tell)


def kept(
    source: Source,
    reading: Reading,
    on_bad: Literal["stop", "skip"],
    folder: Path | None,
    tell: Callable[[str], None],
) -> Pack:
    """The pack in the folder, or made anew and kept there."""
    root = folder or cache_folder(PART)
    place, content = names(source, f"{reading.said} {on_bad}")
    target = root / f"{place}-{content}.pack"
    try:
        done = found(target, lambda line: None)
        if done is None:
            root.mkdir(parents=True, exist_ok=True)
            with FileLock(root / f"{place}.lock"):
                done = found(target, tell) or build(source, reading, on_bad, target)
                tidy(target, place)
        with suppress(OSError):
            os.utime(target)  # says when it was used last
    except OSError as error:
        raise full(target, error) from error
    return done


def full(target: Path, error: OSError) -> OutputError:
    """The error of a cache that cannot be written."""
    reason = error.strerror or str(error)
    return OutputError(f"{target}: cannot be packed ({reason}); free space or set cache=DIR")


def found(target: Path, tell: Callable[[str], None]) -> Pack | None:
    """The pack at `target`; None when there is none, or a damaged one, which is told."""
    if not target.exists():
        return None
    try:
        return Pack(target)
    except DatasetError as error:
        tell(f"{error}; it is made anew")
        return None


def names(source: Source, said: str) -> tuple[str, str]:
    """A name of where the files are and how they are read, and one of what they hold now."""
    place = source.place.resolve()
    where = f"{place} {source.kind} {source.soft} {said} {VERSION}"
    if source.labels.task != "saliency":
        where += f" {source.labels}"
    if source.extra:
        where += f" {source.extra}"
    content = hashlib.sha256()
    for item in source.items:
        for path in item.files:
            inside = os.path.relpath(path, source.place)
            content.update(f"{inside} {stamp(path)}\n".encode("utf-8", "surrogateescape"))
    name = re.sub(r"[^\w.-]", "_", source.name)[:40]
    return f"{name}-{hashlib.sha256(os.fsencode(where)).hexdigest()[:12]}", content.hexdigest()[:16]


def stamp(path: Path) -> str:
    """What changes when a file does."""
    try:
        about = path.stat()
    except OSError:
        return "missing"
    return f"{about.st_size} {about.st_mtime_ns}"


def tidy(target: Path, place: str) -> None:
    """Delete packs of what the set held before, and what the bound leaves no room for.

    `target`, which is held, stays, as does what other processes hold.
    """
    for old in target.parent.glob(f"{escape(place)}-*.pack"):
        if old != target:
            discard(old)
    prune(target.parent.glob("*.pack"), MOST, unused_days=UNUSED_DAYS)


def build(source: Source, reading: Reading, on_bad: str, target: Path) -> Pack:
    """Write the pack of a source to `target`, whole or not at all, and open it."""
    with atomic(target) as temporary:
        try:
            with temporary.open("wb") as file:
                rows, about = write_pixels(source, reading, on_bad, file)
                if not rows:
                    raise DatasetError(f"{source.place}: no item can be used; {about.left_out[0]}")
                write_end(file, np.array(rows, np.int64), about)
        except OSError as error:
            raise full(target, error) from error
    return Pack(target)


def write_pixels(
    source: Source, reading: Reading, on_bad: str, file: BinaryIO
) -> tuple[list[tuple[int, ...]], About]:
    """Append all pixels; a row for each item, as `Pack` reads it, and what is said about them."""
    rows: list[tuple[int, ...]] = []
    about = About(
        source.name, reading.squeezed, planes=source.planes, channels=3 + len(source.extra)
    )
    at = 0
    for item, result in read_all(source, reading):
        if isinstance(result, DatasetError):
            if on_bad == "stop":
                raise result
            about.left_out.append(str(result))
            continue
        image, mask, notes = result
        parts = [np.ascontiguousarray(plane).tobytes() for plane in (image, mask)]
        if reading.squeezed:
            parts[1] = zlib.compress(parts[1], 1)
        file.writelines(parts)
        ends = at + len(parts[0]), at + len(parts[0]) + len(parts[1])
        rows.append((at, *image.shape[:2], ends[0], len(parts[1]), *mask.shape[:2]))
        at = ends[1]
        about.stems.append(item.stem)
        for note in notes:
            about.notes[note] = about.notes.get(note, 0) + 1
    return rows, about


def read_all(source: Source, reading: Reading) -> Iterator[tuple[Item, Pixels | DatasetError]]:
    """Every item with its pixels or its error, in order, decoded by threads, few at once."""

    def read(item: Item) -> Pixels | DatasetError:
        try:
            return reading.pixels(item)
        except DatasetError as error:
            return error

    block = 16 * READERS
    with ThreadPoolExecutor(READERS) as readers:
        for start in range(0, len(source.items), block):
            items = source.items[start : start + block]
            yield from zip(items, readers.map(read, items), strict=True)
