"""Decoded once, packed, memory-mapped: pictures and masks of a source as two flat files.

A pack is a folder: `images.bin` and `masks.bin` hold the pixels one picture after another,
`index.npy` says where each begins and how large it is, `stems.json` names them and what was left
out. Its name comes from the list of files with sizes and times, so a changed folder is packed anew.
It is built beside its place under a file lock and moved in whole: two builders are safe, a killed
one leaves nothing in use.
"""

import glob
import hashlib
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.data.plane import Notes
from u2net.errors import DatasetError, OutputError
from u2net.machine.cache_folder import cache_folder
from u2net.training.data.sources import Item, Source

VERSION = 2
READERS = 4


@dataclass(slots=True)
class About:
    """What is said about the items of a pack."""

    stems: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Why each item that could not be used was left out."""
    notes: dict[str, int] = field(default_factory=dict)
    """What was done to masks to read them -> to how many."""


class Pack:
    """The packed items of a source, read through memory maps that processes share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.index: NDArray[np.int64] = np.load(folder / "index.npy")
            self.about = About(**json.loads((folder / "stems.json").read_text(encoding="utf-8")))
            self.images = np.memmap(folder / "images.bin", np.uint8, "r")
            self.masks = np.memmap(folder / "masks.bin", np.uint8, "r")
            self.check()
        except (OSError, EOFError, LookupError, TypeError, ValueError) as error:
            raise DatasetError(
                f"{folder}: the packed copy is damaged; delete it, it is made anew"
            ) from error

    def check(self) -> None:
        """Raise `ValueError` when the parts do not belong together."""
        ends = np.cumsum(self.index[:, 1] * self.index[:, 2])
        starts = np.append(0, ends[:-1])
        lengths = [len(self.images), len(self.masks), len(self.about.stems)]
        if lengths != [3 * ends[-1], ends[-1], len(ends)] or (self.index[:, 0] != starts).any():
            raise ValueError("parts of different packs")

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, number: int) -> tuple[RGB, Mask]:
        """Picture (height, width, 3) and mask (height, width), views into the files."""
        offset, height, width = self.index[number]
        pixels = height * width
        image = self.images[3 * offset : 3 * (offset + pixels)].reshape(height, width, 3)
        return image, self.masks[offset : offset + pixels].reshape(height, width)

    def __reduce__(self) -> tuple[type["Pack"], tuple[Path]]:
        return Pack, (self.folder,)


def pack(
    source: Source, *, longest: int, on_bad: Literal["stop", "skip"], folder: Path | None = None
) -> Pack:
    """The pack of `source`, built when there is none yet.

    Raises `DatasetError` for an item that cannot be used (`on_bad="stop"`) or when none is left,
    and `OutputError` when the cache cannot be written.
    """
    root = folder or cache_folder("packs")
    place, content = names(source, longest, on_bad)
    target = root / f"{place}-{content}"
    try:
        if not target.exists():
            root.mkdir(parents=True, exist_ok=True)
            with FileLock(root / f"{place}.lock"):
                if not target.exists():
                    remove_older(root, place)
                    build(source, root / f"{place}-building", target, longest, on_bad)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{target}: cannot be packed ({reason}); free space or set cache=DIR"
        ) from error
    return Pack(target)


def names(source: Source, longest: int, on_bad: str) -> tuple[str, str]:
    """A short name of where the files are and how they are read, and one of what they hold now."""
    where = f"{source.place.resolve()} {source.kind} {longest} {on_bad} {VERSION}"
    content = hashlib.sha256()
    for item in source.items:
        for path in (item.image, item.mask):
            if path is not None:
                content.update(f"{path} {stamp(path)}\n".encode())
    place = f"{source.place.resolve().name}-{hashlib.sha256(where.encode()).hexdigest()[:12]}"
    return place, content.hexdigest()[:16]


def stamp(path: Path) -> str:
    """What changes when a file does."""
    try:
        about = path.stat()
    except OSError:
        return "missing"
    return f"{about.st_size} {about.st_mtime_ns}"


def remove_older(root: Path, place: str) -> None:
    """Delete packs of what the folder held before, and what a killed builder left."""
    for old in root.glob(f"{glob.escape(place)}-*"):
        shutil.rmtree(old)


def build(source: Source, folder: Path, target: Path, longest: int, on_bad: str) -> None:
    """Write a pack into `folder` and move it to `target`."""
    try:
        folder.mkdir()
        rows, about = write_pixels(source, folder, longest, on_bad)
        if not rows:
            raise DatasetError(f"{source.place}: no item can be used; {about.left_out[0]}")
        np.save(folder / "index.npy", np.array(rows, np.int64))
        (folder / "stems.json").write_text(json.dumps(asdict(about)), encoding="utf-8")
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_pixels(
    source: Source, folder: Path, longest: int, on_bad: str
) -> tuple[list[tuple[int, int, int]], About]:
    """Append all pixels; index rows (offset, height, width), and what is said about them."""
    rows: list[tuple[int, int, int]] = []
    about = About()
    offset = 0
    with (folder / "images.bin").open("wb") as images, (folder / "masks.bin").open("wb") as masks:
        for item, result in read_all(source, longest):
            if isinstance(result, DatasetError):
                if on_bad == "stop":
                    raise result
                about.left_out.append(str(result))
                continue
            image, mask, told = result
            for note in told:
                about.notes[note] = about.notes.get(note, 0) + 1
            images.write(np.ascontiguousarray(image).tobytes())
            masks.write(np.ascontiguousarray(mask).tobytes())
            rows.append((offset, *mask.shape))
            about.stems.append(item.stem)
            offset += mask.size
    return rows, about


def read_all(
    source: Source, longest: int
) -> Iterator[tuple[Item, tuple[RGB, Mask, Notes] | DatasetError]]:
    """Every item with its pixels or its error, in order, decoded by threads, few at once."""

    def read(item: Item) -> tuple[RGB, Mask, Notes] | DatasetError:
        try:
            return source.read(item, longest)
        except DatasetError as error:
            return error

    block = 16 * READERS
    with ThreadPoolExecutor(READERS) as readers:
        for start in range(0, len(source.items), block):
            items = source.items[start : start + block]
            yield from zip(items, readers.map(read, items), strict=True)
