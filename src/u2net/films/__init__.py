"""Films, a frame at a time: read, cut out, kept steady, written. Needs the extra `video`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from u2net.films.encode import FilmWriter as FilmWriter
    from u2net.films.frames import Frame as Frame


def __getattr__(name: str) -> Any:
    """The public names, loaded when they are used: the command line only asks what is a film."""
    if name == "FilmWriter":
        from u2net.films.encode import FilmWriter

        return FilmWriter
    if name == "Frame":
        from u2net.films.frames import Frame

        return Frame
    raise AttributeError(f"module 'u2net.films' has no attribute '{name}'")
