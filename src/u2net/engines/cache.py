"""Compiled models on disk: made once for each file, engine version, processor and setting."""

import hashlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from u2net.errors import OutputError
from u2net.files import write

Compiled = TypeVar("Compiled")

DIGEST = 32
"""Bytes of the SHA-256 that stands before the content of a cached file."""


def folder() -> Path:
    """Where compiled models are kept."""
    from platformdirs import user_cache_path

    return user_cache_path("u2net", appauthor=False) / "compiled"


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

    Safe for several processes: files appear whole, and one that is damaged, or that `restore`
    refuses with `RuntimeError`, is made anew. Where nothing can be written all works without.
    """
    path = folder() / f"{name}.blob"
    content = _read(path)
    if content is not None:
        with suppress(RuntimeError):
            return restore(content)
    compiled = compile_()
    content = save(compiled)
    with suppress(OutputError):
        write(path, hashlib.sha256(content).digest() + content)
    return compiled


def _read(path: Path) -> bytes | None:
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:DIGEST], whole[DIGEST:]
    return content if hashlib.sha256(content).digest() == digest else None
