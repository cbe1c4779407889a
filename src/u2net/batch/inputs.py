"""Files and folders as named by the user -> the pictures to work on."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from u2net.errors import DatasetError, ImageError
from u2net.pictures.decode import SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One picture to work on."""

    path: Path
    inside: Path
    """The path below the folder that was named; the bare name of a file that was named itself."""


def find_inputs(
    named: Iterable[Path], *, leave_out: Path | None, failed: Callable[[ImageError], None]
) -> Iterator[Input]:
    """Every file of `named`, whatever it is called, and the pictures in the folders and below them.

    In folders the suffix decides; hidden files, hidden folders and links to folders are left out,
    and so is the folder `leave_out`, where earlier results may lie. A folder that cannot be listed
    is told to `failed`. Raises `DatasetError` for a named folder without pictures.
    """
    for place in named:
        if not place.is_dir():
            yield Input(path=place, inside=Path(place.name))
            continue
        empty = True
        for path in _pictures(place, leave_out, failed):
            empty = False
            yield Input(path=path, inside=path.relative_to(place))
        if empty:
            known = ", ".join(sorted(SUFFIXES))
            raise DatasetError(f"{place}: no pictures in this folder ({known})")


def _pictures(
    folder: Path, leave_out: Path | None, failed: Callable[[ImageError], None]
) -> Iterator[Path]:
    def tell(error: OSError) -> None:
        failed(ImageError(f"{error.filename}: cannot be listed ({error.strerror})"))

    for at, folders, names in os.walk(folder, onerror=tell):
        here = Path(at)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not same(here / name, leave_out)
        )
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and _readable(path):
                yield path


def same(path: Path, other: Path | None) -> bool:
    """Whether both are one file or folder, whatever they are called."""
    try:
        return other is not None and path.samefile(other)
    except OSError:
        return False


def _readable(path: Path) -> bool:
    # A link that leads nowhere is kept, to be reported; a pipe would be waited on for ever.
    return path.is_file() or not path.exists()
