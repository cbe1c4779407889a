"""Where FFmpeg's errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from u2net.errors import FilmError


@contextmanager
def reading(name: str) -> Iterator[None]:
    """`FilmError` for what FFmpeg cannot read."""
    from av.error import FFmpegError

    try:
        yield
    except FileNotFoundError as error:
        raise FilmError(f"{name}: no such file; check the name") from error
    except FFmpegError as error:
        raise FilmError(
            f"{name}: cannot be read as a film ({error.strerror}); check that it is whole"
        ) from error


@contextmanager
def writing(name: str) -> Iterator[None]:
    """`FilmError` for what FFmpeg cannot write."""
    from av.error import FFmpegError

    try:
        yield
    except FFmpegError as error:
        raise FilmError(
            f"{name}: cannot be written ({error.strerror}); choose another place or format"
        ) from error
