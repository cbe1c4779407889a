"""Data set with classes -> its pictures with their masks, and the names of the classes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from u2net.data.labels import NAMES, Labels
from u2net.data.layouts import LAYOUTS
from u2net.data.listing import Listing, by_stem
from u2net.data.pairs import Pair, Pairing, find_pairs, two_folders
from u2net.errors import DatasetError
from u2net.files import is_folder


def find_labelled(place: Path, labels: Labels) -> Pairing:
    """The pairs of a data set, each with the masks that `labels` reads.

    Multilabel: folders of images and of masks as `LAYOUTS` has them, or `IMAGES:MASKS`, with a
    folder a class in that of masks. Otherwise as `find_pairs`. Raises `DatasetError` as that, for
    a class without folder, and where masks of both kinds are in one folder.
    """
    if labels.task == "multilabel":
        return _folders(place, labels)
    found = find_pairs(place)
    if labels.task == "multiclass":
        folders = {stem.partition("/")[0] for stem in found.masks_alone}
        if both := sorted(folders.intersection(labels.classes)):
            raise _two_kinds(found.place, both[0])
    return replace(found, pairs=tuple(replace(pair, masks=(pair.mask,)) for pair in found.pairs))


def class_names(place: Path, labels: Labels) -> tuple[str, ...]:
    """What a data set calls its classes: the lines of `classes.txt`, or its folders of masks.

    Raises `DatasetError` where it does not say.
    """
    folder = place if is_folder(place) else place.parent
    if labels.task == "multiclass" and not (folder / NAMES).exists():
        folder = find_pairs(place).place
    try:
        lines = (folder / NAMES).read_text(encoding="utf-8-sig").splitlines()
        return tuple(line.strip() for line in lines if line.strip())
    except FileNotFoundError:
        if labels.task == "multilabel":
            _, masks = _both(place, Listing())
            return tuple(sorted(path.name for path in Listing().folders(masks).values()))
        raise DatasetError(
            f"{folder}: nothing names its classes; write them into {NAMES} there, one a line from "
            "number 0, or say classes=A,B,…"
        ) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DatasetError(f"{folder / NAMES}: cannot be read ({error}); write it anew") from error


def masks_in(folder: Path, labels: Labels) -> dict[str, tuple[Path | None, ...]]:
    """Stem -> the masks that `labels` reads, in a folder of masks alone.

    Raises `DatasetError` where there are none, and for a class without folder.
    """
    if labels.task == "multiclass":
        found: dict[str, tuple[Path | None, ...]] = {s: (p,) for s, p in by_stem(folder).items()}
    else:
        planes = [_of_class(folder, name, Listing()) for name in labels.classes]
        stems = sorted(set().union(*planes))
        found = {stem: tuple(plane.get(stem) for plane in planes) for stem in stems}
    if not found:
        raise DatasetError(f"{folder}: no mask is in it; name a folder of masks")
    return found


def _folders(place: Path, labels: Labels) -> Pairing:
    listing = Listing()
    images, masks = _both(place, listing)
    if any("/" not in stem for stem in listing.pictures(masks)):
        raise _two_kinds(masks, labels.classes[0])
    named, photos = masks_in(masks, labels), listing.pictures(images)
    stems = sorted(photos.keys() & named.keys())
    if not stems:
        raise DatasetError(f"{place}: no image has a mask in {masks}; their stems must be the same")
    return Pairing(
        name=images.resolve().parent.name,
        place=images.parent,
        layout=(images.name, masks.name),
        pairs=tuple(_pair(stem, photos[stem], named[stem]) for stem in stems),
        images_alone=tuple(sorted(photos.keys() - named.keys())),
        masks_alone=tuple(sorted(named.keys() - photos.keys())),
    )


def _pair(stem: str, image: Path, masks: tuple[Path | None, ...]) -> Pair:
    some = next(mask for mask in masks if mask is not None)
    return Pair(stem=stem, image=image, mask=some, masks=masks)


def _of_class(masks: Path, name: str, listing: Listing) -> dict[str, Path]:
    """The masks of a class by stem."""
    folder = listing.below(masks, name)
    if folder is None:
        there = ", ".join(sorted(path.name for path in listing.folders(masks).values()))
        raise DatasetError(f"{masks}: no folder of masks for the class {name!r}; there are {there}")
    return listing.pictures(folder)


def _both(place: Path, listing: Listing) -> tuple[Path, Path]:
    """The folder of images, and that of masks, which has folders of classes."""
    for images, masks in _candidates(place, listing):
        if listing.folders(masks):
            return images, masks
    raise DatasetError(
        f"{place}: no folders of images and of masks with a folder a class in it (masks/CLASS)"
    )


def _candidates(place: Path, listing: Listing) -> Iterator[tuple[Path, Path]]:
    if named := two_folders(str(place)):
        yield named
    for layout in LAYOUTS:
        images, masks = (listing.below(place, name) for name in layout)
        if images and masks and images != masks:
            yield images, masks


def _two_kinds(place: Path, name: str) -> DatasetError:
    return DatasetError(
        f"{place}: holds masks of two kinds, class numbers (STEM.png) and folders of classes "
        f"({name}/STEM.png); keep one of them"
    )
