"""Data sets and what makes maps for them -> one task per picture."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, TypeVar

from u2net.data.layouts import SOFT
from u2net.data.listing import by_stem
from u2net.data.pairs import find_pairs, some
from u2net.edges import Edges
from u2net.errors import DatasetError, EvaluationError, U2NetError, need
from u2net.evaluation.maps import MAP_SUFFIXES, Plane, read_plane
from u2net.evaluation.workers import Outcome, Task
from u2net.files import is_folder, is_there
from u2net.weights.card import Card
from u2net.weights.catalog import find_model

if TYPE_CHECKING:
    from u2net.remover import Remover

CHECKPOINTS = (".ckpt", ".pt", ".pth", ".safetensors")
"""Suffixes of files that need the extra `[train]` to be scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Ground truth, and the photos where they are known."""

    name: str
    """How it is called in tables."""
    place: Path
    truths: dict[str, Path]
    """Stem -> mask, in the order of the stems."""
    photos: dict[str, Path] = field(default_factory=dict)
    """Stem -> photo."""
    soft: bool = False
    """Whether a truth may hold any level."""
    remarks: tuple[str, ...] = ()
    """What is odd about it, in words."""

    @classmethod
    def find(cls, place: Path) -> "DataSet":
        """A data set in one of the layouts of `pairs`. Raises `DatasetError` as `find_pairs`."""
        found = find_pairs(place)
        return cls(
            name=found.name,
            place=place,
            truths={pair.stem: pair.mask for pair in found.pairs},
            photos={pair.stem: pair.image for pair in found.pairs},
            soft=found.soft,
            remarks=found.unpaired,
        )

    @classmethod
    def of_truths(cls, folder: Path) -> "DataSet":
        """A folder of masks. Raises `DatasetError` when there are none."""
        truths = by_stem(folder)
        if not truths:
            raise DatasetError(f"{folder}: no picture is in this folder of ground truth")
        whole = folder.resolve()
        plain = whole.name.lower() in {"gt", "masks", "mask", "ground_truth_mask", "truth", "alpha"}
        return cls(
            name=(whole.parent if plain else whole).name,
            place=folder,
            truths=dict(sorted(truths.items())),
            soft=whole.name.lower() in SOFT,
        )


class Source(Protocol):
    """Something that has a map for a picture."""

    @property
    def name(self) -> str:
        """How it is called in tables."""

    def tasks(self, data: DataSet) -> Iterator[Task | Outcome]:
        """What is to be scored, for every truth of the set, in its order."""

    def plane(self, data: DataSet, stem: str) -> Plane:
        """The map of one picture, to be looked at."""

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        """What is odd, in words."""


@dataclass(frozen=True, slots=True)
class MapFolder:
    """Maps that someone made: files named as the truths, perhaps with a suffix.

    Maps for several sets lie in one folder per set, named as the set. A set's folder is listed
    once.
    """

    name: str
    place: Path
    suffix: str = ""
    """What map names have behind the stem, such as `_pred`."""
    _listed: dict[Path, dict[str, Path]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, place: Path, suffix: str = "") -> "MapFolder":
        """A folder of maps, called by its own name."""
        return cls(place.resolve().name, place, suffix)

    def tasks(self, data: DataSet) -> Iterator[Task | Outcome]:
        place = self.folder(data)
        maps = self.maps(data)
        for stem, truth in data.truths.items():
            if stem in maps:
                yield Task(stem=stem, map=maps[stem], truth=truth, soft=data.soft)
            else:
                yield Outcome(stem=stem, reason=f"no map {stem}{self.suffix} in {place}")

    def plane(self, data: DataSet, stem: str) -> Plane:
        return read_plane(self.maps(data)[stem])[0]

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        extra = sorted(self.maps(data).keys() - data.truths.keys())
        return (some("maps without truth", tuple(extra)),) if extra else ()

    def maps(self, data: DataSet) -> dict[str, Path]:
        """Stem -> map. Raises `EvaluationError` when no map is named as a truth."""
        place = self.folder(data)
        found = self._listed.get(place)
        if found is None:
            found = self._listed[place] = by_stem(place, MAP_SUFFIXES)
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

    def folder(self, data: DataSet) -> Path:
        """The folder of this set's maps."""
        if not is_folder(self.place):
            return self.place
        inside = sorted(p for p in self.place.glob("*") if is_folder(p))
        return next((p for p in inside if p.name.lower() == data.name.lower()), self.place)


@dataclass(frozen=True, slots=True)
class Network:
    """A model that is asked for its maps while they are scored."""

    name: str
    place: str
    """The name or path it was asked for by."""
    mask: Callable[[Path], Plane]
    """Photo -> map at the photo's size, uint8."""

    @classmethod
    def load(
        cls,
        place: Path | str,
        *,
        engine: str = "auto",
        precision: str = "auto",
        edges: Edges = "off",
    ) -> "Network":
        """A name of the catalogue, an ONNX file, a run folder or a checkpoint, made ready to run.

        Raises `ModelError` or `EngineError` when it cannot run here, `ExtraMissingError` for a
        checkpoint without `[train]`, or matting without `[matting]`.
        """
        path = Path(place)
        remover = remover_of(place, engine=engine, precision=precision, edges=edges)
        return cls(path.resolve().name if is_folder(path) else path.stem, str(place), remover.mask)

    def tasks(self, data: DataSet) -> Iterator[Task | Outcome]:
        for stem, truth in data.truths.items():
            try:
                map_ = self.mask(data.photos[stem])
                yield Task(stem=stem, map=map_, truth=truth, soft=data.soft)
            except U2NetError as error:
                yield Outcome(stem=stem, reason=str(error))

    def plane(self, data: DataSet, stem: str) -> Plane:
        return self.mask(data.photos[stem])

    def remarks(self, data: DataSet) -> tuple[str, ...]:
        return ()


def remover_of(
    place: Path | str, *, engine: str, precision: str, edges: Edges = "off"
) -> "Remover":
    """What serves a model, loaded. Place and errors as of `Network.load`."""
    from u2net.remover import Remover

    path = Path(place)
    with TemporaryDirectory() as folder:
        file = exported(path, Path(folder)) if needs_export(path) else place
        remover = Remover(file, engine=engine, precision=precision, edges=edges)
        remover.load()
    return remover


def holds_maps(path: Path) -> bool:
    """Whether this is a folder of maps, and no run."""
    is_run = is_there(path / "model.onnx") or is_there(path / "checkpoints")
    return is_folder(path) and not is_run


def card_of(place: Path | str) -> Card | None:
    """The card of a model, which is not loaded; None of a folder of maps.

    Place and errors as of `Network.load`.
    """
    if holds_maps(Path(place)):
        return None
    if not needs_export(Path(place)):
        return find_model(str(place)).card
    need("train", "torch", "safetensors", purpose="scoring a checkpoint")
    from u2net.export import card_for

    return card_for(place)


def sources_of(
    model: Source | Path | str,
    precisions: Sequence[str],
    *,
    suffix: str,
    engine: str,
    edges: Edges = "off",
) -> list[Source]:
    """What makes the maps: a folder of them, or else a network, at each of `precisions`.

    Several precisions are part of the name. Raises as `Network.load`.
    """
    if not isinstance(model, (str, Path)):
        return [model]
    if holds_maps(path := Path(model)):
        return [MapFolder.of(path, suffix)]
    load = partial(Network.load, model, engine=engine, edges=edges)
    found = [load(precision=each) for each in precisions]
    if len(found) < 2:
        return [*found]
    pairs = zip(found, precisions, strict=True)
    return [
        replace(one, name=f"{one.name} {each}", place=f"{one.place} {each}") for one, each in pairs
    ]


Named = TypeVar("Named", bound=Source | DataSet)


def told_apart(items: Sequence[Named]) -> list[Named]:
    """The same, called by their whole place where two have one name."""
    places = {(item.name, place_of(item)) for item in items}
    often = Counter(name for name, _ in places)
    return [
        item if often[item.name] == 1 or not place_of(item) else renamed(item) for item in items
    ]


def place_of(item: Source | DataSet) -> str:
    """Where a source or a set comes from; empty for a source of another kind."""
    return str(item.place) if isinstance(item, (DataSet, MapFolder, Network)) else ""


def renamed(item: Named) -> Named:
    """The same, called by its place."""
    return replace(item, name=place_of(item))  # type: ignore[type-var]


def needs_export(path: Path) -> bool:
    """Whether this is a checkpoint, or a run folder that has no model yet."""
    unfinished = is_folder(path / "checkpoints") and not is_there(path / "model.onnx")
    return unfinished or path.suffix.lower() in CHECKPOINTS


def exported(model: Path, folder: Path) -> Path:
    """An ONNX file in `folder` of a checkpoint, or of the best one in a run folder.

    Raises `ExtraMissingError` without `[train]`.
    """
    need("train", "torch", "safetensors", purpose="scoring a checkpoint")
    from u2net.export import card_for, export_onnx
    from u2net.export.runs import weights_in
    from u2net.network import load_checkpoint

    file = folder / f"{model.stem}.onnx"
    export_onnx(load_checkpoint(weights_in(model)), card_for(model), file)
    return file
