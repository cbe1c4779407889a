"""A GIF, WebP or APNG -> shots, through the room of pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path

from u2net.errors import FilmError
from u2net.films.shots import Film, Shot, Tags
from u2net.pictures.frames import Frame, frames_of
from u2net.pictures.limits import Limits

_USUAL_MS = 100.0


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Film]:
    """The film that an animation is. Raises `FilmError` for one picture, else as `frames_of`."""
    frames = frames_of(path, limits=limits)
    first = next(frames)
    if first.photo.frames == 1:
        raise FilmError(f"{path}: is one picture, no film; name a picture with -o")
    yield Film(
        name=str(path),
        size_hw=first.photo.size_hw,
        rate=Fraction(1000) / Fraction(first.duration_ms or _USUAL_MS).limit_denominator(1000),
        time_base=Fraction(1, 1000),
        expected=first.photo.frames,
        has_sound=False,
        tags=Tags(1, 13),  # the primaries of BT.709 and the curve of sRGB
        shots=_shots(chain([first], frames)),
    )


def _shots(frames: Iterator[Frame]) -> Iterator[Shot]:
    time = 0.0
    for photo, duration_ms in frames:
        seconds = (duration_ms or _USUAL_MS) / 1000
        yield Shot(photo, time, seconds)
        time += seconds
