"""Pictures through stdin and stdout."""

import os
import sys
from pathlib import Path

from u2net.errors import OutputError, UnreadableImageError
from u2net.source import read_stream

STDIN = Path("-")
"""The name that stands for stdin."""


def read_stdin() -> bytes:
    """All of stdin. Raises `ImageError` when it is closed or larger than any picture."""
    if sys.stdin is None:
        raise UnreadableImageError("stdin: closed; give a file")
    try:
        return read_stream(sys.stdin.buffer, "stdin")
    except OSError as error:
        raise UnreadableImageError(f"stdin: cannot be read ({error.strerror})") from error


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
