"""Pictures through stdin and stdout, which are both called - ."""

import os
import sys
from pathlib import Path
from typing import BinaryIO

from u2net import files
from u2net.batch.inputs import STREAM
from u2net.errors import OutputError, UnreadableImageError


def stdin() -> BinaryIO:
    """Where a picture comes from. Raises `ImageError` when it is closed."""
    if sys.stdin is None:
        raise UnreadableImageError("stdin: closed; give a file")
    return sys.stdin.buffer


def write(path: Path, data: bytes, *, replace: bool) -> None:
    """`data` to stdout, or to a file as `files.write`. Raises `OutputError` if it cannot be."""
    if path == STREAM:
        write_stdout(data)
    else:
        files.write(path, data, replace=replace)


def write_stdout(data: bytes) -> None:
    """`data` to stdout. Raises `OutputError` when nobody takes it."""
    if sys.stdout is None:
        raise OutputError("stdout: closed; give -o FILE")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        # What is left in the buffer would be tried, and complained about, once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"stdout: cannot be written ({error.strerror}); give -o FILE") from error
