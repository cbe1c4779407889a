"""A film file as FFmpeg opens it, and what is read of it first."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from u2net.errors import FilmError
from u2net.films.boundary import reading
from u2net.films.kinds import DEMUXERS

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

USUAL_RATE = Fraction(25)
"""Frames a second, of a film that does not say."""


@contextmanager
def container_of(path: Path, name: str) -> "Iterator[InputContainer]":
    """The file as FFmpeg sees it: one of the `DEMUXERS`, which leads to no other file."""
    import av

    with reading(name):
        container = av.open(
            f"file:{path.absolute()}",
            container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
        )
    with container:
        yield container


def video_of(container: "InputContainer", name: str) -> "VideoStream":
    """The pictures of a film. Raises `FilmError` where it has none."""
    from av.stream import Disposition

    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        held = "sound but no pictures" if container.streams.audio else "no pictures"
        raise FilmError(f"{name}: holds {held}; give a film")
    return streams[0]


def start_of(container: "InputContainer") -> float:
    """Seconds at which the clock of a file begins; recordings of broadcasts begin late."""
    return max(0, container.start_time or 0) / 1_000_000
