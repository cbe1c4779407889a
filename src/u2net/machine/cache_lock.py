"""Which files of the cache are being read: those stay until nobody reads them any more.

A lock of the system (flock), shared by readers and by the processes they fork or spawn. Windows
needs none: what is open cannot be deleted there.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


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
