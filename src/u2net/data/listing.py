"""Folder -> the pictures in and below it; every folder is read once."""

import os
from collections.abc import Iterable
from pathlib import Path

from u2net.errors import DatasetError
from u2net.files import is_folder
from u2net.pictures.formats import SUFFIXES


class Listing:
    """What is in some folders, remembered: one `scandir` each, and no `stat` of single files."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[list[Path], list[Path]]] = {}

    def folders(self, folder: Path) -> dict[str, Path]:
        """Name in small letters -> folder directly inside, the first of that name."""
        found: dict[str, Path] = {}
        for inside in self._read(folder)[0]:
            found.setdefault(inside.name.lower(), inside)
        return found

    def below(self, folder: Path, name: str) -> Path | None:
        """The folder `name`, parted by /, in `folder`, whatever its case."""
        for part in Path(name).parts:
            inside = self.folders(folder).get(part.lower())
            if inside is None:
                return None
            folder = inside
        return folder

    def pictures(self, folder: Path, suffixes: Iterable[str] = SUFFIXES) -> dict[str, Path]:
        """The files in and below a folder, by path without suffix, in the order of their paths.

        Hidden files, other suffixes and links to folders are left out. Raises `DatasetError` when
        two files claim one stem, or one is a pipe or a device, which nobody can wait for.
        """
        if not is_folder(folder):
            raise DatasetError(f"{folder}: no such folder")
        found: dict[str, Path] = {}
        suffixes = frozenset(suffixes)
        for path in sorted(self._all(folder)):
            if path.suffix.lower() not in suffixes:
                continue
            stem = path.relative_to(folder).with_suffix("").as_posix()
            if stem in found:
                raise DatasetError(
                    f"{folder}: {found[stem].name} and {path.name} claim one stem; remove one"
                )
            found[stem] = path
        return found

    def files(self, folder: Path) -> list[tuple[str, Path]]:
        """Stem and path of all pictures in and below a folder, which may share stems."""
        return [
            (path.relative_to(folder).with_suffix("").as_posix(), path)
            for path in sorted(self._all(folder))
            if path.suffix.lower() in SUFFIXES
        ]

    def has_files(self, folder: Path) -> bool:
        """Whether any file is directly in a folder."""
        return bool(self._read(folder)[1])

    def _all(self, folder: Path) -> Iterable[Path]:
        folders, files = self._read(folder)
        yield from files
        for inside in folders:
            if not inside.is_symlink():
                yield from self._all(inside)

    def _read(self, folder: Path) -> tuple[list[Path], list[Path]]:
        if folder not in self._seen:
            self._seen[folder] = _scan(folder)
        return self._seen[folder]


def by_stem(folder: Path, suffixes: Iterable[str] = SUFFIXES) -> dict[str, Path]:
    """`Listing.pictures` of one folder."""
    return Listing().pictures(folder, suffixes)


def _scan(folder: Path) -> tuple[list[Path], list[Path]]:
    """Folders and files of a folder by name, hidden ones left out; none if there is no such one."""
    folders: list[Path] = []
    files: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = folder / entry.name
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(path)
                elif entry.is_file() or entry.is_symlink():  # a dead link is told when it is read
                    files.append(path)
                elif path.suffix.lower() in SUFFIXES:
                    raise DatasetError(f"{path}: no file but a pipe or device; remove it")
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be read ({error.strerror}); allow it") from error
    return folders, files
