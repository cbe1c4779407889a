"""A film of any kind -> shots."""

from contextlib import AbstractContextManager
from pathlib import Path

from u2net.errors import FilmError, need
from u2net.files import is_named_pipe
from u2net.films import decode, moving_pictures
from u2net.films.kinds import head_of
from u2net.films.shots import Film
from u2net.pictures.formats import looks_like_picture
from u2net.pictures.limits import LIMITS, Limits


def open_film(path: Path, *, limits: Limits = LIMITS) -> AbstractContextManager[Film]:
    """The film in `path`, for a block: what FFmpeg reads, or an animated GIF, WebP or APNG.

    Raises `FilmError` for what is no film, cannot be read here, or would come out wrong, and
    `ImageTooLargeError`; damage and a missing end are met when the shots come to it.
    """
    need("video", "av", purpose="a film")
    if is_named_pipe(path):
        raise FilmError(f"{path}: a named pipe, not a file; films are not read in order")
    if looks_like_picture(head_of(path)):
        return moving_pictures.opened(path, limits)
    return decode.opened(path, limits)
