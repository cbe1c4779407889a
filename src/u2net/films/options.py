"""What is asked of a film beside what is asked of its pictures."""

from dataclasses import dataclass
from pathlib import Path

EVERY = 4
"""The most frames of which the network judges one: so it judged one within three of any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmOptions:
    """All settings of films, one value that every caller passes on."""

    steady: bool = True
    """Whether maps of neighbouring frames are made to agree where the film does (`steadied`)."""
    every: int = 1
    """Of how many frames the network judges one, 1 to 4; the others follow the motion."""
    background: Path | None = None
    """A film that plays behind the object, from its start, again and again (`playing`)."""

    def __post_init__(self) -> None:
        """Raises `ValueError` for a number that is out of reach."""
        if not 1 <= self.every <= EVERY:
            raise ValueError(f"every is 1 to {EVERY}, not {self.every}")


USUAL = FilmOptions()
