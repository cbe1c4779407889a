"""A film file -> another film, or a folder of pictures."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple

from u2net.films.encode import FilmWriter
from u2net.films.formats import FORMATS
from u2net.films.frames import Line, frames_of
from u2net.films.options import USUAL, FilmOptions
from u2net.films.read import open_film
from u2net.films.sequence import PictureSequence
from u2net.films.shots import Film
from u2net.pictures.limits import LIMITS, Limits

Watch = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""About how many frames there will be -> for a block, what is called after each."""


class Made(NamedTuple):
    """What a film became."""

    frames: int
    size_hw: tuple[int, int]
    found: bool
    """Whether there is an object in any frame."""
    remarks: list[str]


def convert(
    source: Path,
    target: Path,
    line: Line,
    *,
    kind: str,
    jobs: int,
    watch: Watch,
    options: FilmOptions = USUAL,
    limits: Limits = LIMITS,
    replace: bool = True,
) -> Made:
    """Everything `line` makes of the film `source`, written to `target` whole or not at all.

    `kind` is a format of films, or one of pictures, for which `target` is a folder. Raises as
    `open_film`, `FilmWriter` and `PictureSequence` do.
    """
    count, found = 0, False
    with (
        open_film(source, limits=limits) as film,
        _writer(source, target, film, kind, replace) as writer,
    ):
        with (
            watch(film.expected) as advance,
            closing(frames_of(film.shots, line, jobs=jobs, options=options)) as frames,
        ):
            for frame in frames:
                writer.add(frame.picture.pixels[:], frame.time, frame.duration)
                count, found = count + 1, found or frame.picture.found
                advance()
        size_hw, remarks = film.size_hw, [*film.remarks, *writer.remarks]
    return Made(count, size_hw, found, remarks)


def _writer(
    source: Path, target: Path, film: Film, kind: str, replace: bool
) -> FilmWriter | PictureSequence:
    if kind not in FORMATS:
        pictures = PictureSequence(target, kind)
        if film.has_sound:
            pictures.remarks.append("sound and subtitles left out: pictures hold none")
        return pictures
    return FilmWriter(
        target,
        rate=film.rate,
        time_base=film.time_base,
        sound_of=source if film.has_sound else None,
        tags=film.tags,
        replace=replace,
    )
