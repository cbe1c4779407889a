"""Whatever callers hold a picture in -> photo."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from os import fstat
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.errors import ImageTooLargeError, UnfitImageError, UnreadableImageError
from u2net.files import is_named_pipe
from u2net.pictures.decode import decode, from_pillow
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.photo import Photo, from_array
from u2net.steps import step


@runtime_checkable
class Stream(Protocol):
    """What bytes can be read from: a file, a pipe, an upload."""

    def read(self, size: int, /) -> bytes | None: ...


Source: TypeAlias = str | Path | bytes | Stream | Image.Image | NDArray[np.uint8] | Photo
"""A path, the bytes of a file, a binary stream, a Pillow image, an sRGB array (H, W, 3), (H, W),
(H, W, 4), or a photo that is decoded."""

_PIECE = 1 << 20


@step("decode")
def photo_of(source: Source, *, limits: Limits = LIMITS, at_least: int | None = None) -> Photo:
    """The photo in `source`, at full size, or as `decode` makes it with `at_least`.

    Raises `ImageError` for a picture that cannot be read; its `UnfitImageError` for an array or a
    thing that is none, which is a `ValueError` and a `TypeError` too.
    """
    match source:
        case Photo():
            return source
        case Image.Image():
            return from_pillow(source, limits=limits)
        case np.ndarray():
            return from_array(source)
    data, name = file_of(source, limits)
    return decode(data, name=name, limits=limits, at_least=at_least)


def file_of(source: str | Path | bytes | Stream, limits: Limits = LIMITS) -> tuple[bytes, str]:
    """The bytes of a picture file, and what it is called in messages. Raises as `photo_of`."""
    match source:
        case str() | Path():
            return read(Path(source), limits), str(source)
        case bytes() | bytearray() | memoryview():
            return bytes(source), "the picture"
        case Stream():
            name = name_of(source)
            return read_stream(source, name, limits), name
    kinds = "a path, bytes, a binary stream, a Pillow image or an array"
    raise UnfitImageError(f"a picture is {kinds}, not {type(source)}")


def read(path: Path, limits: Limits = LIMITS) -> bytes:
    """The content of a file. Raises `UnreadableImageError` or `ImageTooLargeError`."""
    if is_named_pipe(path):
        raise UnreadableImageError(
            f"{path}: a named pipe, not a file; read it as a stream (- < {path})"
        )
    with _told(str(path)), path.open("rb") as file:
        status = fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return read_stream(file, str(path), limits)
        limits.check_file(status.st_size, str(path))
        return file.read()


def read_stream(stream: Stream, name: str, limits: Limits = LIMITS) -> bytes:
    """All that is left in a stream, which may never end.

    Raises as `read`, and `TypeError` for a stream of text.
    """
    data = bytearray()
    with _told(name):
        while piece := stream.read(_PIECE):
            if not isinstance(piece, bytes):
                raise TypeError(f"{name}: a stream of {type(piece).__name__}, not of bytes")
            data += piece
            limits.check_file(len(data), name)
    return bytes(data)


def name_of(stream: Stream) -> str:
    """What a stream is called in messages; stdin is called <stdin>, some files by a number."""
    name = getattr(stream, "name", None)
    return name.strip("<>") if isinstance(name, str) else "the stream"


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn the errors of reading into ours; a compressed stream that is cut off is an EOFError."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableImageError(f"{name}: no such file; check the name") from error
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableImageError(
            f"{name}: cannot be read ({reason}); check what it is"
        ) from error
    except ValueError as error:  # a name with a NUL, a closed stream
        raise UnreadableImageError(f"{name!r}: cannot be read ({error}); check the name") from error
    except MemoryError as error:
        raise ImageTooLargeError(f"{name}: larger than the memory there is") from error
