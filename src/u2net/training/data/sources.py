"""A data argument -> files, and how each is read: pairs, cut-outs or backgrounds."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from u2net.arrays import RGB, Mask
from u2net.data.pairs import by_stem, find_pairs
from u2net.data.read import check_sizes, fit, read_mask, read_rgb, read_rgba, sized
from u2net.errors import DatasetError

Kind = Literal["pairs", "soft", "cutouts", "backgrounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One sample's files."""

    stem: str
    image: Path
    mask: Path | None = None
    """None: the image's own alpha, or a background without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder, its items, and its weight: how often a pass through the data sees each item."""

    place: Path
    kind: Kind
    items: tuple[Item, ...]
    weight: float = 1.0

    def read(self, item: Item, longest: int) -> tuple[RGB, Mask]:
        """Picture and mask at one size, at most `longest` a side.

        Raises `DatasetError` for files that cannot be read and sizes that do not belong together.
        """
        if self.kind == "cutouts":
            rgb, mask = read_rgba(item.image)
            return fit(rgb, longest), fit(mask, longest)
        rgb = read_rgb(item.image)
        if item.mask is None:
            rgb = fit(rgb, longest)
            return rgb, rgb[:, :, 0] * 0
        soft = self.kind == "soft"
        mask = read_mask(item.mask, soft=soft)
        check_sizes(item.mask, rgb, mask, soft=soft)
        rgb = fit(rgb, longest)
        return rgb, sized(mask, rgb.shape)


def pairs_source(argument: str) -> Source:
    """A data set; `PATH:0.5` weighs it. Raises `DatasetError`."""
    path, weight = split_weight(argument)
    found = find_pairs(path)
    return Source(
        place=path,
        kind="soft" if found.layout[1] == "soft" else "pairs",
        items=tuple(Item(stem=pair.stem, image=pair.image, mask=pair.mask) for pair in found.pairs),
        weight=weight,
    )


def pictures_source(argument: str, kind: Kind) -> Source:
    """A folder of single pictures. Raises `DatasetError` when it has none."""
    path, weight = split_weight(argument)
    items = tuple(Item(stem=stem, image=file) for stem, file in by_stem(path).items())
    if not items:
        raise DatasetError(f"{path}: no pictures in it")
    return Source(place=path, kind=kind, items=items, weight=weight)


def cutout_source(argument: str) -> Source:
    """A folder of RGBA pictures, or a data set to cut out by its masks."""
    path, _ = split_weight(argument)
    flat = path.is_dir() and not any(p.is_dir() for p in path.iterdir())
    return pictures_source(argument, "cutouts") if flat else pairs_source(argument)


def split_weight(argument: str) -> tuple[Path, float]:
    """`PATH:0.5` -> path and weight; without a number the weight is 1."""
    path, colon, number = argument.rpartition(":")
    try:
        weight = float(number)
    except ValueError:
        return Path(argument), 1.0
    if not colon or Path(argument).exists():
        return Path(argument), 1.0
    if not 0 < weight < float("inf"):
        raise DatasetError(f"{argument}: a weight must be above 0")
    return Path(path), weight


def total(sources: Iterable[Source]) -> int:
    """How many items there are."""
    return sum(len(source.items) for source in sources)
