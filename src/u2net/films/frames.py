"""Shots -> results, steady, several at a time, in order."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import cv2
import numpy as np

from u2net.arrays import RGB, RGBA, Alpha, Batch, Saliency
from u2net.cutout import Cutout, Picture
from u2net.errors import U2NetError
from u2net.films.shots import Shot
from u2net.films.steady import Steady
from u2net.parallel import in_order
from u2net.pictures.photo import Photo
from u2net.pictures.resample import resize

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What was made of one picture of a film."""

    number: int
    """From 0."""
    time: float
    """Seconds from the start of the film to where it is shown."""
    duration: float
    """Seconds for which it is shown."""
    picture: Picture

    @property
    def rgba(self) -> RGBA:
        """(H, W, 4), straight alpha, 255 where a background was asked for; read-only."""
        if isinstance(self.picture, Cutout):
            return self.picture.rgba
        pixels = self.picture.pixels[:]
        code = cv2.COLOR_GRAY2RGBA if pixels.ndim == 2 else cv2.COLOR_RGB2RGBA
        return np.asarray(cv2.cvtColor(pixels, code), np.uint8)

    @property
    def alpha(self) -> Alpha:
        """(H, W); read-only."""
        return self.rgba[..., 3]


class Line(Protocol):
    """The line of inference in two halves: a `Remover`."""

    def saliency(self, photos: Sequence[Photo]) -> Batch: ...
    def picture_of(self, photo: Photo, saliency: Saliency | None = None) -> Picture: ...


class _Looked(NamedTuple):
    shot: Shot
    saliency: Saliency


def frames_of(
    shots: Iterator[Shot], line: Line, *, jobs: int, steady: bool = True
) -> Generator[Frame, None, None]:
    """Every shot with what `line` makes of it; `jobs` of them at a time in each half of the line.

    `steady` draws the maps of neighbours together (`Steady`). About four times `jobs` frames are
    held. Raises what reading or the line raises, where it comes.
    """

    def look(shot: Shot) -> tuple[Saliency, RGB]:
        saliency = line.saliency([shot.photo])[0]
        height, width = saliency.shape
        return saliency, resize(shot.photo.rgb, (height, width))

    def finish(looked: _Looked) -> Picture:
        return line.picture_of(looked.shot.photo, looked.saliency)

    def steadied(looked: Iterator[tuple[Shot, tuple[Saliency, RGB]]]) -> Iterator[_Looked]:
        follow = Steady()
        for shot, (saliency, seen) in looked:
            yield _Looked(shot, follow(saliency, seen) if steady else saliency)

    with (
        closing(in_order(look, shots, jobs)) as looked,
        closing(in_order(finish, steadied(_sound(looked)), jobs)) as finished,
    ):
        for number, ((shot, _), picture) in enumerate(_sound(finished)):
            yield Frame(number=number, time=shot.time, duration=shot.duration, picture=picture)


def _sound(
    results: Iterator[tuple[Item, Result | U2NetError]],
) -> Iterator[tuple[Item, Result]]:
    """The results; an error among them is raised, for a film with a hole is none."""
    for item, result in results:
        if isinstance(result, U2NetError):
            raise result
        yield item, result
