"""Data sets and what makes maps for them -> one piece of work per picture."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from u2net.data.pairs import by_stem, find_pairs
from u2net.errors import DatasetError, EvaluationError, U2NetError
from u2net.evaluation.maps import MAP_SUFFIXES, Plane, read_plane
from u2net.evaluation.score import Outcome
from u2net.evaluation.workers import Task, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Ground truth, and the photos where they are known."""

    name: str
    truths: dict[str, Path]
    """Stem -> mask, in the order of the stems."""
    photos: dict[str, Path] = field(default_factory=dict)
    """Stem -> photo."""
    remarks: tuple[str, ...] = ()
    """What is odd about it, in words."""

    @classmethod
    def find(cls, place: Path) -> "DataSet":
        """A data set in one of the layouts of `pairs`. Raises `DatasetError` as `find_pairs`."""
        found = find_pairs(place)
        alone = {
            "photos without truth": found.images_alone,
            "truths without photo": found.masks_alone,
        }
        return cls(
            name=found.name,
            truths={pair.stem: pair.mask for pair in found.pairs},
            photos={pair.stem: pair.image for pair in found.pairs},
            remarks=tuple(some(what, stems) for what, stems in alone.items() if stems),
        )

    @classmethod
    def of_truths(cls, folder: Path) -> "DataSet":
        """A folder of masks. Raises `DatasetError` when there are none."""
        truths = by_stem(folder)
        if not truths:
            raise DatasetError(f"{folder}: no picture is in this folder of ground truth")
        place = folder.resolve()
        plain = place.name.lower() in {"gt", "masks", "mask", "ground_truth_mask", "truth"}
        return cls(
            name=(place.parent if plain else place).name, truths=dict(sorted(truths.items()))
        )


class Source(Protocol):
    """Something that has a map for a picture."""

    @property
    def name(self) -> str:
        """How it is called in tables."""

    def works(self, data: DataSet) -> Iterator[Work]:
        """What is to be scored, for every truth of the set, in its order."""

    def plane(self, data: DataSet, stem: str) -> Plane:
        """The map of one picture, to be looked at."""

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        """What is odd, in words."""


@dataclass(frozen=True, slots=True)
class MapFolder:
    """Maps that someone made: files named as the truths, perhaps with a suffix.

    Maps for several sets lie in one folder per set, named as the set.
    """

    name: str
    folder: Path
    suffix: str = ""
    """What map names have behind the stem, such as `_pred`."""

    def works(self, data: DataSet) -> Iterator[Work]:
        maps = self.maps(data)
        for stem, truth in data.truths.items():
            if stem in maps:
                yield Task(stem=stem, map=maps[stem], truth=truth)
            else:
                yield Outcome(stem=stem, reason=f"no map {stem}{self.suffix} in {self.place(data)}")

    def plane(self, data: DataSet, stem: str) -> Plane:
        return read_plane(self.maps(data)[stem])[0]

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        extra = sorted(self.maps(data).keys() - data.truths.keys())
        return (some("maps without truth", tuple(extra)),) if extra else ()

    def maps(self, data: DataSet) -> dict[str, Path]:
        """Stem -> map. Raises `EvaluationError` when no map is named as a truth."""
        place = self.place(data)
        found = by_stem(place, MAP_SUFFIXES)
        if not found:
            raise EvaluationError(f"{place}: no map is in this folder")
        maps = {s.removesuffix(self.suffix): p for s, p in found.items() if s.endswith(self.suffix)}
        if data.truths.keys() & maps.keys():
            return maps
        name = min(found)
        suffix = next((name[n:] for n in range(len(name), 0, -1) if name[:n] in data.truths), None)
        advice = f"add --suffix {suffix}" if suffix else f"truths are like {min(data.truths)!r}"
        if all("/" in stem for stem in data.truths):
            advice += "; a folder of photos and truth is given with --data"
        raise EvaluationError(
            f"{place}: no map is named as a truth (maps are like {name!r}; {advice})"
        )

    def place(self, data: DataSet) -> Path:
        """The folder of this set's maps."""
        inside = sorted(p for p in self.folder.glob("*") if p.is_dir())
        return next((p for p in inside if p.name.lower() == data.name.lower()), self.folder)


@dataclass(frozen=True, slots=True)
class Network:
    """A model that is asked for its maps while they are scored."""

    name: str
    mask: Callable[[Path], Plane]
    """Photo -> map at the photo's size, uint8."""

    def works(self, data: DataSet) -> Iterator[Work]:
        for stem, truth in data.truths.items():
            try:
                yield Task(stem=stem, map=self.mask(data.photos[stem]), truth=truth)
            except U2NetError as error:
                yield Outcome(stem=stem, reason=str(error))

    def plane(self, data: DataSet, stem: str) -> Plane:
        return self.mask(data.photos[stem])

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        return ()


def some(what: str, stems: tuple[str, ...]) -> str:
    """`12 photos without truth: 0001, 0002, 0003, …`"""
    return f"{len(stems)} {what}: {', '.join(stems[:3])}{', …' if len(stems) > 3 else ''}"
