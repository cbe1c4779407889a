"""What reading a film yields, whatever reads it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from u2net.pictures.photo import Photo


class Shot(NamedTuple):
    """One picture of a film."""

    photo: Photo
    time: float
    """Seconds from the start of the film to where it is shown."""
    duration: float
    """Seconds for which it is shown."""


class Tags(NamedTuple):
    """What the pixels of a film mean beside sRGB, in the numbers of ITU-T H.273."""

    primaries: int = 1
    transfer: int = 1


BT709 = Tags()


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A film that is open for reading."""

    name: str
    size_hw: tuple[int, int]
    """Upright, in square pixels."""
    rate: Fraction
    """Frames a second, on average."""
    time_base: Fraction
    """Seconds; every time is a multiple of it."""
    expected: int
    """How many frames it says to have, about; 0 where it does not say."""
    tags: Tags
    has_sound: bool
    """Or subtitles."""
    shots: Iterator[Shot]
    """Each once, in order, one held at a time."""
    remarks: list[str] = field(default_factory=list)
    """What could not be read, when all shots are."""
