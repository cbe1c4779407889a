"""Shots -> results, steady, several at a time, in order."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import cv2
import numpy as np

from u2net.arrays import RGB, RGBA, Alpha, Batch, Saliency
from u2net.background import Background
from u2net.cutout import Cutout, Picture
from u2net.errors import U2NetError
from u2net.films.options import USUAL, FilmOptions
from u2net.films.playing import playing
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
    def picture_of(
        self,
        photo: Photo,
        saliency: Saliency | None = None,
        background: Background | None = None,
    ) -> Picture: ...


class _Staged(NamedTuple):
    shot: Shot
    background: Background | None
    """None is what the line has."""


def frames_of(
    shots: Iterator[Shot], line: Line, *, jobs: int, options: FilmOptions = USUAL
) -> Generator[Frame, None, None]:
    """Every shot with what `line` makes of it; `jobs` of them at a time in each half of the line.

    About four times `jobs` and `REACH` frames are held. Raises what reading or the line raises,
    where it comes.
    """

    def look(numbered: tuple[int, _Staged]) -> Looked[_Staged]:
        number, staged = numbered
        small = resize(staged.shot.photo.rgb, line.map_hw)
        saliency = _judged(staged, small, line) if number % options.every == 0 else None
        return Looked(staged, small, saliency)

    def ask(staged: _Staged) -> Saliency:
        return _judged(staged, resize(staged.shot.photo.rgb, line.map_hw), line)

    def finish(agreed: tuple[_Staged, Saliency]) -> Picture:
        (shot, background), saliency = agreed
        return line.picture_of(shot.photo, saliency, background)

    def agreed(looked: Iterator[Looked[_Staged]]) -> Iterator[tuple[_Staged, Saliency]]:
        if options.steady or options.every > 1:
            return steadied(looked, ask, smooth=options.steady)
        return ((item, saliency) for item, _, saliency in looked if saliency is not None)

    with (
        closing(_staged(shots, options.background)) as staged,
        closing(in_order(look, enumerate(staged), jobs)) as results,
        closing(in_order(finish, agreed(one for _, one in _sound(results)), jobs)) as finished,
    ):
        for number, (((shot, _), _), picture) in enumerate(_sound(finished)):
            yield Frame(number=number, time=shot.time, duration=shot.duration, picture=picture)


def _judged(staged: _Staged, small: RGB, line: Line) -> Saliency:
    """What the network says of a frame, shrunk to the size at which it looks."""
    photo = replace(staged.shot.photo, rgb=small, alpha=None)
    return np.asarray(line.saliency([photo])[0], np.float32)


def _staged(shots: Iterator[Shot], background: Path | None) -> Generator[_Staged, None, None]:
    """Each shot with what stands behind it in its time."""
    if background is None:
        yield from (_Staged(shot, None) for shot in shots)
        return
    with playing(background) as behind:
        yield from (_Staged(shot, behind(shot.time)) for shot in shots)


def _sound(
    results: Iterator[tuple[Item, Result | U2NetError]],
) -> Iterator[tuple[Item, Result]]:
    """The results; an error among them is raised, for a film with a hole is none."""
    for item, result in results:
        if isinstance(result, U2NetError):
            raise result
        yield item, result
