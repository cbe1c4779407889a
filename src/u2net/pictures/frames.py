"""A file of several frames or pages -> one photo after the other."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFile

from u2net.pictures import formats, tiff_integrity
from u2net.pictures.boundary import boundary
from u2net.pictures.decode import from_pillow, photo_from
from u2net.pictures.header import header_of
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.opened import Opened, open_picture
from u2net.pictures.photo import Photo, from_array
from u2net.pictures.source import Source, file_of


class Frame(NamedTuple):
    """One frame of an animation, laid over those before it, or one page."""

    photo: Photo
    duration_ms: float | None
    """How long it is shown; None where the file does not say, as for a page."""


def frames_of(source: Source, *, limits: Limits = LIMITS) -> Iterator[Frame]:
    """Every frame or page of `source`, in order: of GIF, APNG, WebP, AVIF, TIFF, HEIC.

    Anything else gives one. Only one frame is held at a time. Raises as `photo_of`, for a damaged
    frame when it comes to it; `limits` hold for each frame.
    """
    match source:
        case Photo():
            yield Frame(source, None)
        case np.ndarray():
            yield Frame(from_array(source), None)
        case Image.Image():
            yield from _of_pillow(source, limits)
        case _:
            data, name = file_of(source, limits)
            with boundary(name):
                opened = open_picture(data, name, limits)
            yield from _of_file(opened, limits)


def _of_file(opened: Opened, limits: Limits) -> Iterator[Frame]:
    # The boundary is crossed again for each frame: between them the caller's warnings are heard.
    if opened.image is None or len(opened.frames) == 1:
        with boundary(opened.name):
            photo = photo_from(opened.header, opened.pixels(), opened.name)
        yield Frame(photo, None)
        return
    with boundary(opened.name):
        opened.check_first()
    for number in opened.frames:
        with boundary(opened.name):
            frame = _at(opened, opened.image, number, limits)
        yield frame


def _at(opened: Opened, image: ImageFile.ImageFile, number: int, limits: Limits) -> Frame:
    image.seek(number)
    limits.check(image.size, opened.name)
    if opened.format is formats.TIFF:
        tiff_integrity.check_strips(opened.data, getattr(image, "tag_v2", {}))
    image.load()
    # Pillow was not given the profile of a PNG.
    profile = opened.header.icc_profile if opened.format is formats.PNG else None
    frames = len(opened.frames)
    header = header_of(image, opened.name, frames=frames, icc_profile=profile)
    return Frame(photo_from(header, image, opened.name), _duration(image.info))


def _of_pillow(image: Image.Image, limits: Limits) -> Iterator[Frame]:
    """The frames of a Pillow image, which stands at the same frame afterwards."""
    name = "the Pillow image"
    with boundary(name):
        frames = getattr(image, "n_frames", 1)
        before = image.tell()
    try:
        for number in range(frames):
            with boundary(name):
                image.seek(number)
                frame = Frame(from_pillow(image, name, limits=limits), _duration(image.info))
            yield frame
    finally:
        with boundary(name):
            image.seek(before)


def _duration(info: dict[Any, Any]) -> float | None:
    """Milliseconds."""
    said = info.get("duration")
    return float(said) if isinstance(said, int | float) and said > 0 else None
