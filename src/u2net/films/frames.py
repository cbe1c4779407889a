"""Shots -> results, steady, several at a time, in order."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, TypeVar

import cv2
import numpy as np

from u2net.arrays import RGBA, Alpha, Batch, Saliency
from u2net.cutout import Cutout, Picture
from u2net.errors import U2NetError
from u2net.films.shots import Shot
from u2net.films.steady import Looked, steadied
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

    @property
    def map_hw(self) -> tuple[int, int]: ...
    def saliency(self, photos: Sequence[Photo]) -> Batch: ...
    def picture_of(self, photo: Photo, saliency: Saliency | None = None) -> Picture: ...


def frames_of(
    shots: Iterator[Shot], line: Line, *, jobs: int, steady: bool = True, every: int = 1
) -> Generator[Frame, None, None]:
    """Every shot with what `line` makes of it; `jobs` of them at a time in each half of the line.

    `steady` draws the maps of neighbours together (`steadied`). The network judges each `every`th
    frame, `EVERY` at most; between them its maps are carried by motion. About four times `jobs` and
    `REACH` frames are held. Raises what reading or the line raises, where it comes.
    """

    def ask(shot: Shot) -> Saliency:
        return np.asarray(line.saliency([shot.photo])[0], np.float32)

    def look(numbered: tuple[int, Shot]) -> Looked[Shot]:
        number, shot = numbered
        saliency = ask(shot) if number % every == 0 else None
        return Looked(shot, resize(shot.photo.rgb, line.map_hw), saliency)

    def finish(judged: tuple[Shot, Saliency]) -> Picture:
        return line.picture_of(judged[0].photo, judged[1])

    with (
        closing(in_order(look, enumerate(shots), jobs)) as results,
        closing(steadied((looked for _, looked in _sound(results)), ask, smooth=steady)) as judged,
        closing(in_order(finish, judged, jobs)) as finished,
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
