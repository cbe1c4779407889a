"""Files written whole or not at all, and looked for without surprises."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from u2net.errors import OutputError, OutputExistsError

try:
    import fcntl
except ImportError:  # Windows, where what is open cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

_NAMELESS: int = getattr(os, "O_TMPFILE", 0)
"""Linux: a file without a name, which vanishes with the process that dies on it."""

_PREFIX = ".u2net-"

_STEP = re.compile(r"\.u2net-[0-9a-f]{16}")
"""The name of a whole file on its way to the place of an old one."""

_LEFT_AFTER = 60.0
"""Seconds after which a temporary thing that nobody holds was left by a killed process."""


@contextmanager
def atomic(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """A temporary path beside `path`, moved into place when the block ends well, else removed.

    A link is written through. Raises `OutputError` when the folder or the file cannot be written,
    and `OutputExistsError` when it is there, not `replace`, however late it appeared.
    """
    with _told(path):
        target = _target(path)
        with _temporary(target, path.name) as temporary:
            yield temporary
            _settle(temporary)
            _move(temporary, target, replace)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path`, moved into place with its files when the block ends well.

    Raises `OutputExistsError` when something else than an empty folder is there, `OutputError` when
    it cannot be written.
    """
    with _told(path):
        if os.path.lexists(path) and not (is_folder(path) and not any(path.iterdir())):
            raise _exists(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _clean(path.parent)
        with _temporary(path, path.name) as temporary:
            temporary.mkdir()
            yield temporary
            for file in temporary.iterdir():
                _settle(file)
            if is_folder(path):
                path.rmdir()
            temporary.rename(path)


def write(path: Path, data: bytes, *, replace: bool = True) -> None:
    """`data` as the whole content of `path`, atomically.

    A link is written through: the file it leads to is written. On Linux even a killed process
    leaves nothing half-written behind, not under another name either; elsewhere the next process
    that writes into the folder removes what is left.
    Raises `OutputError` when it cannot be written, or `path` is something else than a file, and
    `OutputExistsError` when it is there, not `replace`, however late it appeared.
    """
    with _told(path):
        target = _target(path)
        if not replace and os.path.lexists(target):
            raise _exists(path)
        if not _write_nameless(target, data, replace):
            with _temporary(target, path.name) as temporary:
                temporary.write_bytes(data)
                _settle(temporary)
                _move(temporary, target, replace)


def into_place(part: Path, path: Path) -> None:
    """Move `part`, a whole file of the same folder, to `path`, whose old file goes."""
    _settle(part)
    part.replace(path)


def is_folder(path: Path) -> bool:
    """Whether a folder is there. Unlike `Path.is_dir` also for names that no file can have."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a regular file is there. Unlike `Path.is_file` for any name, and behind any door."""
    return os.path.isfile(path)  # noqa: PTH113


def is_there(path: Path) -> bool:
    """Whether anything is there that can be looked at. Unlike `Path.exists` for any name."""
    return os.path.exists(path)  # noqa: PTH110


def is_named_pipe(path: Path) -> bool:
    """Whether whoever opens it may wait for ever; the pipes of a shell, as in `<(…)`, have nobody
    else's name and an end."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode) and is_there(Path(os.path.realpath(path)))
    except (OSError, ValueError):
        return False


def check_name(path: Path) -> None:
    """Raise `OutputError` when nothing can be called so: too long for a file system, mostly."""
    try:
        os.lstat(path)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENAMETOOLONG:
            return
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"{str(path)!r}: no file can be called so ({reason}); choose another name"
        ) from error


def check_folder(folder: Path) -> None:
    """Raise `OutputError` when `folder` cannot be written or made; makes nothing."""
    check_name(folder)
    place = _nearest(folder)
    if not is_folder(place):
        raise OutputError(f"{folder}: cannot be a folder, {place} is a file; choose another place")
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError(
            f"{folder}: cannot be written ({place} is read-only); choose another place"
        )


def check_takes_files(folder: Path) -> None:
    """As `check_folder`, by trying: some take none, whatever their rights say. Leaves nothing."""
    check_folder(folder)
    with _told(folder), tempfile.TemporaryFile(dir=_nearest(folder)):
        pass


def _nearest(folder: Path) -> Path:
    """The folder itself, or what is there of the folders above it."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def _target(path: Path) -> Path:
    """The file to write, its folder made and cleaned of what killed processes left there."""
    if "\0" in str(path):
        raise OutputError(f"{str(path)!r}: no file can be called so; choose another name")
    if path.is_symlink():
        path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise OutputError(f"{path}: is no regular file; choose another name")
    _clean(path.parent)
    return path


@contextmanager
def _temporary(target: Path, name: str) -> Iterator[Path]:
    """A path in a private folder beside `target`, which is locked while this process lives.

    The folder keeps `name`, whose suffix tells writers the format, free for them.
    """
    with (
        tempfile.TemporaryDirectory(prefix=_PREFIX, dir=target.parent) as folder,
        _locked(Path(folder)),
    ):
        yield Path(folder) / name


def _settle(file: Path) -> None:
    """Have the system write all of `file` to the disk."""
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _move(file: Path, target: Path, replace: bool) -> None:
    if replace:
        file.replace(target)
        return
    try:
        # Unlike a move it never takes the place of anything.
        target.hardlink_to(file)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:  # no such links on this file system
        if os.path.lexists(target):
            raise _exists(target) from None
        file.rename(target)


def _write_nameless(target: Path, data: bytes, replace: bool) -> bool:
    """Write a file that has no name until it is whole; False where there is no such thing."""
    if not _NAMELESS:
        return False
    try:
        descriptor = os.open(target.parent, _NAMELESS | os.O_WRONLY, 0o666)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
        try:
            _name(descriptor, target, replace)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            return False  # without /proc, or on a file system without links
    return True


def _name(descriptor: int, target: Path, replace: bool) -> None:
    """Give the nameless file its name, taking it from an old file."""
    source = f"/proc/self/fd/{descriptor}"
    try:
        _link(source, target)
    except FileExistsError:
        if not replace:
            raise _exists(target) from None
        step = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}")
        _link(source, step)
        try:
            step.replace(target)
        except OSError:
            step.unlink()
            raise


def _link(source: str, target: Path) -> None:
    # Python follows the link in /proc only when a folder is given, though the path is absolute.
    root = os.open("/", os.O_RDONLY)
    try:
        os.link(source, target, src_dir_fd=root)
    finally:
        os.close(root)


@lru_cache(maxsize=1024)
def _clean(folder: Path) -> None:
    """Remove what killed processes left in `folder`; looked for once a process."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX):
                _remove_if_left(Path(entry.path))


def _remove_if_left(path: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime < _LEFT_AFTER:
            return
        if _STEP.fullmatch(path.name) and path.is_file():
            path.unlink()
        elif path.is_dir() and fcntl:
            with _locked(path) as is_ours:
                if is_ours:
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds `folder`, held until the block or the process ends."""
    if not fcntl:
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks
        held = False
    else:
        held = True
    try:
        yield held
    finally:
        os.close(descriptor)


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(f"{path}: exists and is kept; choose another name")


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
