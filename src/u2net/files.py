"""Files written whole or not at all, and looked for without surprises."""

import contextlib
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from u2net.errors import OutputError

_NAMELESS: int = getattr(os, "O_TMPFILE", 0)
"""Linux: a file without a name, which vanishes with the process that dies on it."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, moved into place when the block ends well, else removed.

    Raises `OutputError` when the folder or the file cannot be written.
    """
    temporary: Path | None = None
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # A private folder keeps the suffix, which writers use to choose the format, free for them.
        with tempfile.TemporaryDirectory(prefix=".u2net-", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)


def write(path: Path, data: bytes) -> None:
    """`data` as the whole content of `path`, atomically.

    On Linux even a killed process leaves nothing half-written behind, not under another name
    either. Raises `OutputError` when it cannot be written, or `path` is something else than a file.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(path.stat().st_mode):
                raise OutputError(f"{path}: is no regular file; choose another name")
        if not _write_nameless(path, data):
            with atomic(path) as temporary:
                temporary.write_bytes(data)


def is_folder(path: Path) -> bool:
    """Whether a folder is there. Unlike `Path.is_dir` also for names that no file can have."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a regular file is there. Unlike `Path.is_file` for any name, and behind any door."""
    return os.path.isfile(path)  # noqa: PTH113


def is_there(path: Path) -> bool:
    """Whether anything is there that can be looked at. Unlike `Path.exists` for any name."""
    return os.path.exists(path)  # noqa: PTH110


def check_folder(folder: Path) -> None:
    """Raise `OutputError` when `folder` cannot be written or made; makes nothing."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not is_folder(place):
        raise OutputError(f"{folder}: cannot be a folder, {place} is a file; choose another place")
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(
            f"{folder}: cannot be written ({place} is read-only); choose another place"
        )


def _write_nameless(path: Path, data: bytes) -> bool:
    """Write a file that has no name until it is whole; False where there is no such thing."""
    if not _NAMELESS:
        return False
    try:
        descriptor = os.open(path.parent, _NAMELESS | os.O_WRONLY, 0o666)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        return _name(descriptor, path)


def _name(descriptor: int, path: Path) -> bool:
    """Give the nameless file its name, taking it from an old file; False without /proc."""
    source = f"/proc/self/fd/{descriptor}"
    try:
        _link(source, path)
    except FileExistsError:
        step = path.with_name(f".u2net-{secrets.token_hex(8)}")
        _link(source, step)
        step.replace(path)
    except FileNotFoundError:
        return False
    return True


def _link(source: str, target: Path) -> None:
    # Python follows the link in /proc only when a folder is given, though the path is absolute.
    root = os.open("/", os.O_RDONLY)
    try:
        os.link(source, target, src_dir_fd=root)
    finally:
        os.close(root)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{path}: cannot be written ({reason}); choose another place or free it"
        ) from error
