"""Writing files whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from u2net.errors import OutputError


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, moved into place when the block ends well, removed when it does not.

    Raises `OutputError` when the folder or the file cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A private folder keeps the suffix, which writers use to choose the format, free for them.
        with tempfile.TemporaryDirectory(prefix=".u2net-", dir=path.parent) as folder:
            temporary = Path(folder) / path.name
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); choose another place or free it") from error


def write(path: Path, data: bytes) -> None:
    """`data` as the whole content of `path`, atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(data)
