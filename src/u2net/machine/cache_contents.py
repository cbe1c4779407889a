"""What the user's cache holds, and how it is emptied."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from u2net.machine.cache_folder import cache_root
from u2net.machine.cache_lock import discard


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thing in the cache: a compiled model, a pack."""

    part: str
    """The folder of the cache it is in: `compiled`, `packs`."""
    path: Path
    size_bytes: int
    used: float
    """When it was used last, in seconds since 1970."""


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
