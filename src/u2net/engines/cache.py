"""Compiled models on disk: made once for each file, engine version, processor and setting."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from u2net.errors import OutputError
from u2net.files import write
from u2net.machine.cache import cache_folder, is_ours_alone, prune

Compiled = TypeVar("Compiled")

PART = "compiled"
"""Their folder inside the cache."""

MOST = 500_000_000
"""Bytes that are kept; those used longest ago go first."""

DIGEST = 32
"""Bytes of the SHA-256 that stands before the content of a cached file."""

# A link leads to what others may have written; a pipe would be waited for.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


def key(model: bytes, settings: Iterable[str]) -> str:
    """The file's name for `model` under `settings`, which name all that its content depends on."""
    digest = hashlib.sha256(model)
    for setting in settings:
        digest.update(b"\0" + setting.encode())
    return digest.hexdigest()


def through_cache(
    name: str,
    restore: Callable[[bytes], Compiled],
    compile_: Callable[[], Compiled],
    save: Callable[[Compiled], bytes],
) -> Compiled:
    """What was kept under `name`, or else made anew and kept.

    Safe for several processes: files appear whole, and one that is damaged, that another user could
    have written, or that `restore` refuses with `RuntimeError`, is made anew. Where nothing can be
    kept all works without.
    """
    try:
        path = cache_folder(PART) / f"{name}.blob"
    except OutputError:
        return compile_()
    content = _read(path)
    if content is not None:
        with suppress(RuntimeError):
            return restore(content)
    compiled = compile_()
    with suppress(OutputError, OSError, RuntimeError):  # not every network can be saved
        content = save(compiled)
        path.unlink(missing_ok=True)
        write(path, _digest(path, content) + content)
        path.chmod(0o600)
        prune(path.parent.glob("*.blob"), MOST)
    return compiled


def _read(path: Path) -> bytes | None:
    """What is kept at `path`, if it is whole, was kept under this name, and by this user."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
            about = os.fstat(file.fileno())
            if not (stat.S_ISREG(about.st_mode) and is_ours_alone(about)):
                return None
            whole = file.read()
        os.utime(path)  # says when it was used last
    except OSError:
        return None
    digest, content = whole[:DIGEST], whole[DIGEST:]
    return content if _digest(path, content) == digest else None


def _digest(path: Path, content: bytes) -> bytes:
    """Of the name too: a file that was given another's name is none of ours."""
    return hashlib.sha256(path.name.encode() + b"\0" + content).digest()
