"""A film behind another: what it shows at any time."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from u2net.background import Background, Scene, on_white
from u2net.errors import FilmError
from u2net.films.read import open_film
from u2net.films.shots import Shot

_SLACK = 0.001
"""Seconds by which times of one moment may differ between two files."""


@contextmanager
def playing(path: Path) -> Iterator[Callable[[float], Background]]:
    """What the film in `path` shows at a time in seconds; times only go on.

    It begins anew when it ends. One frame is held. Raises as `open_film` does.
    """
    with closing(_again_and_again(path)) as shots:
        coming = [next(shots)]
        shown = Scene(on_white(coming[0].photo))

        def at(time: float) -> Background:
            nonlocal shown
            while coming[0].time <= time + _SLACK:
                latest, coming[0] = coming[0], next(shots)
                if coming[0].time > time + _SLACK:
                    shown = Scene(on_white(latest.photo))
            return shown

        yield at


def _again_and_again(path: Path) -> Generator[Shot, None, None]:
    start = 0.0
    while True:
        end = start
        with open_film(path) as film:
            for shot in film.shots:
                yield shot._replace(time=start + shot.time)
                end = start + shot.time + shot.duration
        if end <= start:
            raise FilmError(f"{path}: lasts no time, and cannot play behind another film")
        start = end
