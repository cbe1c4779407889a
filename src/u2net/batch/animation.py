"""All frames of one input as one result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from u2net.batch.run import Encodable
from u2net.cutout import Picture
from u2net.errors import ImageTooLargeError, OutputError
from u2net.pictures.animation import encode_frames
from u2net.pictures.frames import frames_of
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.metadata import Metadata
from u2net.pictures.photo import Photo
from u2net.pictures.source import Source

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Animation:
    """The results for the frames of an animation, or for the pages of a document."""

    pictures: list[Picture]
    """One or more."""
    durations_ms: list[float | None]
    """How long each is shown; None where the input does not say."""

    only_first = False
    """Unlike a `Picture` it is all that the input has."""

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.pictures)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the first, in pixels."""
        return self.pictures[0].size

    @property
    def metadata(self) -> Metadata:
        """Of the file, as the first has it."""
        return self.pictures[0].metadata

    @property
    def found(self) -> bool:
        """Whether there is an object in any of them."""
        return any(picture.found for picture in self.pictures)

    def encode(self, kind: str) -> bytes:
        """As one file: gif, png (APNG), webp or tiff; of one picture as `Picture.encode` has it.

        Raises `OutputError` when the format cannot hold them.
        """
        first = self.pictures[0]
        if first.palette is not None and self.frames > 1:
            raise OutputError("classes of several frames are not written; do them one by one")
        if len(self.pictures) == 1 and kind != "gif":
            return first.encode(kind)
        return encode_frames(
            (picture.pixels for picture in self.pictures),
            kind,
            durations=self.durations_ms,
            icc_profile=first.icc_profile,
            density=first.density,
            metadata=first.metadata,
        )


class Line(Protocol):
    """What makes pictures of sources, such as a `Remover`."""

    def picture(self, image: Source, /) -> Picture: ...
    def picture_of(self, photo: Photo, /) -> Picture: ...


class ClassLine(Protocol):
    """What makes a picture of every class at once, such as a `Remover`."""

    def pictures(self, image: Source, /) -> Mapping[str, Picture]: ...
    def pictures_of(self, photo: Photo, /) -> Mapping[str, Picture]: ...


def made(source: Source, line: Line, *, all_frames: bool, limits: Limits = LIMITS) -> Encodable:
    """What `line` makes of the first frame of `source`, or of all of them together."""
    if all_frames:
        return animation_of(source, line.picture_of, limits=limits)
    return line.picture(source)


def made_each(
    source: Source, line: ClassLine, *, all_frames: bool, limits: Limits = LIMITS
) -> Mapping[str, Encodable]:
    """As `made`, for each class; `line` looks at each frame once."""
    if not all_frames:
        return line.pictures(source)
    frames, durations = _all_frames(source, line.pictures_of, limits)
    return {
        name: Animation(pictures=[frame[name] for frame in frames], durations_ms=durations)
        for name in frames[0]
    }


def animation_of(
    source: Source, make: Callable[[Photo], Picture], *, limits: Limits = LIMITS
) -> Animation:
    """What `make` makes of every frame of `source`.

    All results are held at once: raises `ImageTooLargeError` when the frames have more pixels
    together than `limits` allow one picture, and else as `frames_of`.
    """
    pictures, durations = _all_frames(source, make, limits)
    return Animation(pictures=pictures, durations_ms=durations)


def _all_frames(
    source: Source, make: Callable[[Photo], Made], limits: Limits
) -> tuple[list[Made], list[float | None]]:
    frames: list[Made] = []
    durations: list[float | None] = []
    for photo, duration in frames_of(source, limits=limits):
        height, width = photo.size_hw
        if photo.frames * height * width > limits.pixels:
            raise ImageTooLargeError(
                f"{photo.frames} frames of {width}×{height} pixels are more than the limit of "
                f"{limits.pixels:,} together; do the first alone, or split the file"
            )
        frames.append(make(photo))
        durations.append(duration)
    return frames, durations
