"""The one folder of the user's cache: compiled models, packs; all that can be made anew."""

import math
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from u2net.errors import OutputError
from u2net.machine.cache_lock import discard


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
