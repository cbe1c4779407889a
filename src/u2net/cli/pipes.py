"""Pictures through stdin and stdout."""

import os
import sys
from pathlib import Path

from u2net.errors import ImageTooLargeError, OutputError, UnreadableImageError
from u2net.source import LIMIT_BYTES

STDIN = Path("-")
"""The name that stands for stdin."""


def read_stdin() -> bytes:
    """All of stdin. Raises `ImageError` when it is closed or larger than any picture."""
    if sys.stdin is None:
        raise UnreadableImageError("stdin: closed; give a file")
    try:
        data = sys.stdin.buffer.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise UnreadableImageError(f"stdin: cannot be read ({error.strerror})") from error
    if len(data) > LIMIT_BYTES:
        raise ImageTooLargeError(f"stdin: more than {LIMIT_BYTES >> 20} MB; make it smaller")
    return data


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
