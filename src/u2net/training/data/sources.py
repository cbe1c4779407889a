"""The data arguments of a run -> files, and how each is read: pairs, cut-outs or backgrounds.

Photos are read by the decoder that serves, masks by the rule of `data.truth`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from u2net.arrays import RGB, Mask
from u2net.background import on_white
from u2net.data.channels import read_channels, with_files
from u2net.data.class_folders import class_names, find_labelled
from u2net.data.labels import PLAIN, Labels
from u2net.data.listing import Listing, by_stem
from u2net.data.pairs import Pair
from u2net.data.plane import Notes
from u2net.data.read import check_sizes, read_photo
from u2net.data.split import split
from u2net.data.truth import read_truth
from u2net.errors import DatasetError, NoLayoutError
from u2net.files import is_folder, is_there
from u2net.pictures import colour
from u2net.pictures.photo import Photo
from u2net.pictures.resample import planes, resize
from u2net.task import Task
from u2net.training.recipe import Recipe

Kind = Literal["pairs", "soft", "photos", "cutouts", "backgrounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One sample's files."""

    stem: str
    image: Path
    mask: Path | None = None
    """None: the image's own alpha, or a picture without any."""
    masks: tuple[Path | None, ...] = ()
    """Of a set with classes, as its labels read them."""
    extra: tuple[Path, ...] = ()
    """Files of channels beside the colours."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All that it is read from."""
        return tuple(
            path for path in (self.image, self.mask, *self.masks, *self.extra) if path is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A folder, its items, and its weight: how often a pass through the data sees each item."""

    name: str
    """What it is called on cards and sheets."""
    place: Path
    kind: Kind
    items: tuple[Item, ...]
    weight: float = 1.0
    soft: bool = False
    """Whether masks may hold any level."""
    labels: Labels = PLAIN
    """What masks say."""
    extra: tuple[str, ...] = ()
    """Names of the channels beside the colours."""
    unpaired: tuple[str, ...] = ()
    """What lies in it and has no partner, in words."""

    @property
    def planes(self) -> int:
        """Of a mask, (height, width, planes); 0 where it is one without that axis."""
        return len(self.labels.classes) if self.labels.task == "multilabel" else 0

    def read(self, item: Item, longest: int) -> tuple[RGB, Mask, Notes]:
        """Picture (height, width, 3) in sRGB and mask (height, width), 0…255, and notes on it.

        Of a set with classes the mask is what `Labels.read` makes. Both are at one size, at most
        `longest` a side. Raises `DatasetError` for files that cannot
        be read, masks that are none, and sizes that do not belong together.
        """
        photo = read_photo(item.image)
        if self.kind == "backgrounds":
            photo = on_white(photo)  # what is hidden under its alpha was not meant to be seen
        size_hw = fitting(photo.size_hw, longest)
        mask, notes = self.mask(item, photo)
        return self.pixels(item, photo, size_hw), shrunk(mask, size_hw, self.labels.task), notes

    def read_held_out(self, item: Item, size_hw: tuple[int, int]) -> tuple[RGB, Mask, Notes]:
        """As `read`, but for validation: the picture squashed to `size_hw` as in serving, and the
        mask at its own size."""
        photo = read_photo(item.image)
        mask, notes = self.mask(item, photo)
        return self.pixels(item, photo, size_hw), mask, notes

    def pixels(self, item: Item, photo: Photo, size_hw: tuple[int, int]) -> RGB:
        """The colours of a photo at a size, in sRGB, with its further channels behind them."""
        # The same steps as `preprocess.to_input`.
        colours = colour.convert(resize(photo.rgb, size_hw), photo.icc_profile, None)
        if not item.extra:
            return colours
        extra = read_channels(item.image, item.extra, photo.size_hw)
        return np.dstack([colours, *(resize(plane, size_hw) for plane in extra)])

    def mask(self, item: Item, photo: Photo) -> tuple[Mask, Notes]:
        """The mask of an item at its own size, (height, width), and notes; errors as of `read`."""
        if self.kind == "cutouts":
            if photo.alpha is None:
                raise DatasetError(
                    f"{item.image}: no alpha, or nothing transparent; a cut-out is an RGBA picture"
                )
            return photo.alpha, ()
        if item.masks:
            mask, notes = self.labels.read(item.masks)
            check_sizes(item.files[1], photo.size_hw, mask, smaller=False)
            return mask, notes
        if item.mask is None:
            return np.zeros(photo.size_hw, np.uint8), ()
        mask, notes = read_truth(item.mask, soft=self.soft)
        check_sizes(item.mask, photo.size_hw, mask, smaller=self.kind == "soft")
        return mask, notes


def parts(data: Sequence[str], recipe: Recipe) -> tuple[list[Source], list[Source]]:
    """What a run trains on, and what it is validated on: sets, or shares of the former.

    Raises `DatasetError` for what is no data set, or cannot be parted.
    """
    labels = labels_of(recipe)
    training = [
        taught_source(argument) if recipe.teacher else pairs_source(argument, labels, recipe.extra)
        for argument in data
    ]
    held = []
    for place in recipe.val:
        share = share_of(place)
        if share is None:
            held.append(pairs_source(place, labels, recipe.extra))
            continue
        sides = [split(source.items, share, recipe.seed) for source in training]
        for number, (kept, out) in enumerate(sides):
            source = training[number]
            name = f"{place} of {source.name}"
            held.append(replace(source, name=name, items=out, unpaired=()))
            training[number] = replace(source, items=kept)
    return training, held


def labels_of(recipe: Recipe) -> Labels:
    """What masks say where a recipe is trained."""
    return Labels(task=recipe.task, classes=recipe.classes, ignore=recipe.ignore)


def named(recipe: Recipe, data: Sequence[str]) -> Recipe:
    """The recipe with the classes that the first data set names, unless it has some itself.

    Raises `DatasetError` where the set does not say.
    """
    if recipe.task == "saliency" or recipe.classes:
        return recipe
    path, _ = split_weight(data[0])
    return replace(recipe, classes=class_names(path, labels_of(recipe)))


def share_of(place: str) -> float | None:
    """The share of one's own pictures that `place` asks to hold out; None for a data set."""
    try:
        return None if is_there(Path(place)) else float(place)
    except ValueError:
        return None


def pairs_source(argument: str, labels: Labels = PLAIN, extra: tuple[str, ...] = ()) -> Source:
    """A data set as `find_labelled` takes it, with the channels `extra`; `PATH:0.5` weighs it.

    Raises `DatasetError`.
    """
    path, weight = split_weight(argument)
    found = find_labelled(path, labels)
    return Source(
        name=found.name,
        place=found.place,
        kind="soft" if found.taught else "pairs",
        soft=found.soft,
        items=tuple(item_of(pair, labels) for pair in with_files(found.pairs, extra)),
        weight=weight,
        labels=labels,
        extra=extra,
        unpaired=found.unpaired,
    )


def item_of(pair: Pair, labels: Labels) -> Item:
    """The files of a pair that are read."""
    if labels.task == "saliency":
        return Item(stem=pair.stem, image=pair.image, mask=pair.mask, extra=pair.extra)
    return Item(stem=pair.stem, image=pair.image, masks=pair.masks, extra=pair.extra)


def taught_source(argument: str) -> Source:
    """A data set, or a folder of photos alone, which a teacher labels. Raises `DatasetError`."""
    try:
        return pairs_source(argument)
    except NoLayoutError:
        return pictures_source(argument, "photos")


def pictures_source(argument: str, kind: Kind) -> Source:
    """A folder of single pictures. Raises `DatasetError` when it has none."""
    path, weight = split_weight(argument)
    items = tuple(Item(stem=stem, image=file) for stem, file in by_stem(path).items())
    if not items:
        raise DatasetError(f"{path}: no pictures in it")
    return Source(name=path.resolve().name, place=path, kind=kind, items=items, weight=weight)


def cutout_source(argument: str) -> Source:
    """A folder of RGBA pictures, or a data set to cut out by its masks."""
    path, _ = split_weight(argument)
    flat = is_folder(path) and not Listing().folders(path)
    return pictures_source(argument, "cutouts") if flat else pairs_source(argument)


def split_weight(argument: str) -> tuple[Path, float]:
    """`PATH:0.5` -> path and weight; without a number the weight is 1."""
    path, colon, number = argument.rpartition(":")
    try:
        weight = float(number)
    except ValueError:
        return Path(argument), 1.0
    if not colon or is_there(Path(argument)):
        return Path(argument), 1.0
    if not 0 < weight < float("inf"):
        raise DatasetError(f"{argument}: a weight must be above 0")
    return Path(path), weight


def fitting(size_hw: tuple[int, int], longest: int) -> tuple[int, int]:
    """Height and width shrunk so that neither exceeds `longest`; smaller ones are left alone."""
    scale = min(1.0, longest / max(size_hw))
    height, width = (max(1, round(side * scale)) for side in size_hw)
    return height, width


def shrunk(mask: Mask, size_hw: tuple[int, int], task: Task) -> Mask:
    """A mask (height, width[, classes]) at a size: numbers of classes are picked, levels mixed."""
    if task == "multiclass" and size_hw != mask.shape:
        picked = cv2.resize(mask, size_hw[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(picked, np.uint8)
    if task == "multilabel":
        return np.stack([resize(plane, size_hw) for plane in planes(mask)], axis=-1)
    return resize(mask, size_hw)
