"""Whatever callers hold a picture in -> photo."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from os import fstat
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.decode import decode, from_pillow
from u2net.errors import ImageTooLargeError, UnreadableImageError
from u2net.photo import Photo, from_array

Source: TypeAlias = str | Path | bytes | BufferedIOBase | Image.Image | NDArray[np.uint8]
"""A path, the bytes of a file, a binary stream, a Pillow image, or an sRGB array (H, W, 3), (H, W),
(H, W, 4)."""

LIMIT_BYTES = 1 << 30
"""Of a file; no picture within the limit of pixels needs more."""


def photo_of(source: Source, *, at_least: int | None = None) -> Photo:
    """The photo in `source`, at full size, or as `decode` makes it with `at_least`.

    Raises `ImageError` for a picture that cannot be read, `ValueError` for an array that is none,
    `TypeError` for any other thing.
    """
    match source:
        case str() | Path():
            return decode(read(Path(source)), name=str(source), at_least=at_least)
        case bytes() | bytearray() | memoryview():
            return decode(bytes(source), at_least=at_least)
        case BufferedIOBase():
            # stdin is called <stdin>.
            name = str(getattr(source, "name", "the stream")).strip("<>")
            return decode(read_stream(source, name), name=name, at_least=at_least)
        case Image.Image():
            return from_pillow(source)
        case np.ndarray():
            return from_array(source)
    kinds = "a path, bytes, a binary stream, a Pillow image or an array"
    raise TypeError(f"a picture is {kinds}, not {type(source)}")


def read(path: Path) -> bytes:
    """The content of a file. Raises `UnreadableImageError` or `ImageTooLargeError`."""
    with _told(str(path)), path.open("rb") as file:
        status = fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return read_stream(file, str(path))
        if status.st_size <= LIMIT_BYTES:
            return file.read()
    raise _too_large(str(path))


def read_stream(stream: BufferedIOBase, name: str) -> bytes:
    """All that a pipe holds; it may never end. Raises as `read`."""
    with _told(name):
        data = stream.read(LIMIT_BYTES + 1)
    if len(data) > LIMIT_BYTES:
        raise _too_large(name)
    return data


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn the system's errors into ours."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnreadableImageError(f"{name}: cannot be read ({reason}); check the name") from error


def _too_large(name: str) -> ImageTooLargeError:
    return ImageTooLargeError(f"{name}: more than {LIMIT_BYTES >> 20} MB; make it smaller")
