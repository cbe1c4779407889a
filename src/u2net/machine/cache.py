"""The user's cache, one folder of what can be made anew: compiled models, packs.

What is being read there stays until nobody reads it any more, by a lock of the system (flock),
shared by readers and by the processes they fork or spawn. Windows needs none: what is open cannot
be deleted there.
"""

import math
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from u2net.errors import OutputError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thing in the cache: a compiled model, a pack."""

    part: str
    """The folder of the cache it is in: `compiled`, `packs`."""
    path: Path
    size_bytes: int
    used: float
    """When it was used last, in seconds since 1970."""


def cache_root() -> Path:
    """Where the cache is; it need not be there."""
    from platformdirs import user_cache_path

    return user_cache_path("u2net", appauthor=False)


def cache_folder(part: str) -> Path:
    """The folder of one `part`, made if need be, for its owner alone (mode 0700).

    Raises `OutputError` when it cannot be made, or is another user's: what is kept there is trusted
    more than what comes from elsewhere.
    """
    root = cache_root()
    for folder in (root, root / part):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _own(folder)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be used as cache ({error.strerror}); "
                "free it, or set XDG_CACHE_HOME to another place"
            ) from error
    return root / part


def is_ours_alone(about: os.stat_result) -> bool:
    """Whether nobody else could have written the file that `about` describes."""
    # Windows keeps a user's cache from others by itself.
    return not hasattr(os, "geteuid") or (
        about.st_uid == os.geteuid() and not about.st_mode & 0o022
    )


def prune(files: Iterable[Path], most: int, *, unused_days: float = math.inf) -> None:
    """Delete those of `files` that were touched longest ago, until the others have `most` bytes.

    Those not touched for `unused_days` go in any case, those that a process holds in none.
    """
    oldest_ns = time.time_ns() - unused_days * 86_400e9
    aged = []
    for file in files:
        with suppress(OSError):
            about = file.stat()
            aged.append((about.st_mtime_ns, about.st_size, file))
    for touched_ns, size, file in sorted(aged, reverse=True):
        most -= size
        if most < 0 or touched_ns < oldest_ns:
            discard(file)


def _own(folder: Path) -> None:
    if not hasattr(os, "geteuid"):
        return
    # Who made a link decides where it leads to.
    if {folder.lstat().st_uid, folder.stat().st_uid} != {os.geteuid()}:
        raise OutputError(
            f"{folder}: belongs to another user; delete it, or set XDG_CACHE_HOME to another place"
        )
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def hold(path: Path) -> BinaryIO:
    """`path`, opened to read; it is in use until it is closed, by forked processes too.

    Raises `OSError`, also when it is deleted at this moment.
    """
    while True:
        file = path.open("rb")
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_SH)
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
        file.close()  # another took its name between the two


def discard(path: Path) -> bool:
    """Delete a file that nobody holds, or a folder; whether it is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            return True
        # Opened without waiting: a pipe in the cache would never answer.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def contents() -> list[Kept]:
    """All that is kept, by part, what was used last first; what is being made is left out."""
    found: list[Kept] = []
    for part in _inside(cache_root()):
        for path in _inside(part) if part.is_dir() else ():
            if path.suffix == ".lock":
                continue
            with suppress(OSError):  # it went meanwhile
                files = [path, *path.rglob("*")] if path.is_dir() else [path]
                size = sum(file.stat().st_size for file in files)
                used = path.stat().st_mtime
                found.append(Kept(part=part.name, path=path, size_bytes=size, used=used))
    return sorted(found, key=lambda one: (one.part, -one.used, one.path))


def clear() -> tuple[list[Kept], list[Kept]]:
    """Delete everything that no process holds: what went, and what stayed."""
    gone: list[Kept] = []
    stays: list[Kept] = []
    for one in contents():
        (gone if discard(one.path) else stays).append(one)
    return gone, stays


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
