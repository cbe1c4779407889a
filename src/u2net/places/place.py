"""A folder at an address: what is in it is read and written by name."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from u2net import files
from u2net.errors import OneFileError, OutputError, OutputExistsError
from u2net.pictures.limits import LIMITS, Limits
from u2net.places.address import LOCAL, Address
from u2net.places.drivers import STORES, file_system
from u2net.places.listing import listed
from u2net.places.trouble import reached

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Fetched(BytesIO):
    """The bytes of a file, with what it is called in messages."""

    name = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder. Names in it are relative, with slashes; what is not there yet is an empty one."""

    address: Address
    system: "AbstractFileSystem"
    root: str
    """What the file system calls it."""

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return self.address.scheme == LOCAL

    def name_of(self, address: Address) -> str | None:
        """What `address` is called in this folder; None where it lies elsewhere."""
        above = (self.address / "").text
        return address.text[len(above) :] if address.text.startswith(above) else None

    def names(self, after: str = "") -> Iterator[str]:
        """All files below it but hidden ones, in the order of their characters, as they are found.

        A folder that may not be looked into is named itself, with a slash. Only those behind
        `after`. Raises `PlaceError`.
        """
        yield from listed(self.system, self.root, self.address, after)

    def read(self, name: str, limits: Limits = LIMITS) -> Fetched:
        """A file.

        Raises `OneFileError`, `PlaceError`, and `ImageTooLargeError` for one above the limits.
        """
        at = self.address / name
        if self.is_local:
            from u2net.pictures.source import read

            fetched = Fetched(read(Path(at.rest), limits))
        else:
            with reached(at, one=True):
                fetched = Fetched(self._fetched(self._path(name), limits.file_bytes + 1))
            limits.check_file(fetched.getbuffer().nbytes, str(at))
        fetched.name = str(at)
        return fetched

    def has(self, name: str) -> bool:
        """Whether a file is there, by one request. Raises `PlaceError`."""
        at = self.address / name
        if self.is_local:
            return files.is_there(Path(at.rest))
        with reached(at):
            return bool(self.system.exists(self._path(name)))

    def write(self, name: str, data: bytes, *, replace: bool) -> None:
        """A file, whole or not at all.

        Put at once in a store, renamed into its place on a file system. Raises `PlaceError`,
        `OutputError`, and `OutputExistsError` when it is there, not `replace`.
        """
        at = self.address / name
        if self.is_local:
            files.write(Path(at.rest), data, replace=replace)
            return
        try:
            with reached(at):
                put = self._put if self.address.scheme in STORES else self._rename_into_place
                put(self._path(name), data, replace)
        except FileExistsError as error:
            raise OutputExistsError(f"{at}: exists and is kept; choose another name") from error

    def delete(self, name: str) -> None:
        """A file, which may be gone already. Raises `PlaceError`."""
        with reached(self.address / name):
            try:
                self.system.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        name.encode()  # Raises UnicodeError, for what no store can call so.
        return f"{self.root.rstrip('/')}/{name}" if self.root else name

    def _fetched(self, path: str, most: int) -> bytes:
        """The first `most` bytes by one request, for a size would need another."""
        try:
            return bytes(self.system.cat_file(path, start=0, end=most))
        except Exception:
            # Of an empty file stores have no first bytes.
            if self.system.size(path) == 0:
                return b""
            raise

    def _put(self, path: str, data: bytes, replace: bool) -> None:
        self.system.pipe_file(path, data, mode="overwrite" if replace else "create")

    def _rename_into_place(self, path: str, data: bytes, replace: bool) -> None:
        folder, _, name = path.rpartition("/")
        step = f"{folder}/.u2net-{secrets.token_hex(8)}-{name}"
        self.system.makedirs(folder, exist_ok=True)
        try:
            self.system.pipe_file(step, data)
            if not replace and self.system.exists(path):
                raise FileExistsError(path)
            self.system.mv(step, path)
        except BaseException:
            if self.system.exists(step):
                self.system.rm_file(step)
            raise


@lru_cache(maxsize=256)
def place_at(address: Address) -> Place:
    """The folder at `address`. Raises as `file_system`."""
    system, root = file_system(address)
    return Place(address, system, root)


def check_names(name: str) -> None:
    """Raise `OutputError` for a name that would lead out of its folder, or that none can have.

    And `OneFileError` for that of a folder, which is listed where its files cannot be.
    """
    if name.endswith("/"):
        raise OneFileError("a folder that may not be looked into; have the right to it granted")
    if "\0" in name or {"", ".", ".."} & set(name.split("/")):
        raise OutputError(f"{name!r}: no file below a folder can be called so; rename it")
