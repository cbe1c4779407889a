"""How folders of data sets are laid out: the one place that knows the names in use.

A set is found by the names of its folders, in any case. Where archives put a set into one folder
more than they should, or two, that is gone into.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from u2net.data.listing import Listing
from u2net.errors import DatasetError, NoLayoutError

IMAGES = ("images", "imgs", "img", "image", "im", "original", "JPEGImages")
"""Folders of photos that any folder of `MASKS` goes with."""

MASKS = (
    *("masks", "mask", "gt", "ground_truth", "ground_truth_mask", "labels", "annotations"),
    *("SegmentationClass", "alpha", "soft"),
)
"""Folders of masks, the first that is there and whose names fit."""

PARTICULAR = (
    ("im_aug", "gt_aug"),  # what the authors train on
    ("DUTS-TR-Image", "DUTS-TR-Mask"),
    ("DUTS-TE-Image", "DUTS-TE-Mask"),
    ("DUT-OMRON-image", "pixelwiseGT-new-PNG"),
    ("DUT-OMRON-image", "DUT-OMRON-gt-pixelwise"),
    ("train", "train_masks"),  # Carvana
    ("datasets/imgs/pascal", "datasets/masks/pascal"),  # PASCAL-S
)
"""Folders that only go together."""

TOGETHER = ("imgs", ".")
"""Folders that may hold both: MSRA10K and SOD, `.jpg` and `.png` of one stem side by side, or masks
with one of `MASK_ENDS`."""

LAYOUTS = (
    *((images, masks) for masks in MASKS for images in IMAGES),
    *PARTICULAR,
    *((name, name) for name in TOGETHER),
)
"""Folder of images and folder of masks, the first that fits."""

MASK_ENDS = ("_mask", "-mask", "_gt", "_segmentation", "_alpha")
"""What the stem of a mask may have behind that of its image, as in Carvana."""

HALVES = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
"""Folders of one name below both the images and the masks: parts that are not used together."""

SOFT = frozenset({"soft", "alpha", "pascal"})
"""Folders whose masks may hold any level: maps of another network, mattes, PASCAL-S's votes."""

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
DEEPEST = 2
"""Folders above a set that are gone through to find it."""

KNOWN = (
    f"one of {', '.join(IMAGES)} beside one of {', '.join(MASKS)}; "
    f"{', '.join(' + '.join(layout) for layout in PARTICULAR)}; "
    ".jpg and .png side by side; or IMAGES:MASKS, or a list file"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a set lies, and its files by stem."""

    place: Path
    layout: tuple[str, str]
    images: dict[str, Path]
    masks: dict[str, Path]

    @property
    def pairs(self) -> list[str]:
        """The stems that both have."""
        return sorted(self.images.keys() & self.masks.keys())


def lay_out(place: Path, listing: Listing) -> Found:
    """The set in `place`, or below it when it is the only one there.

    Raises `DatasetError` when there is none, when there are several, or when no names fit.
    """
    misfit = None
    for layout in LAYOUTS[:-1]:
        found = fill(place, layout, listing)
        if found and found.pairs:
            check_halves(found)
            return found
        misfit = misfit or found
    if misfit:
        raise DatasetError(f"{place}: no image has a mask ({unlike(misfit)})")
    inside = tuple(sets_in(place, listing, DEEPEST))
    if len(inside) > 1:
        names = ", ".join(one.relative_to(place).as_posix() for one in inside)
        raise DatasetError(f"{place}: holds several data sets ({names}); name one of them")
    if inside:
        return lay_out(inside[0], listing)
    flat = fill(place, LAYOUTS[-1], listing)
    if flat and flat.pairs:
        return flat
    raise NoLayoutError(f"{place}: no layout of images and masks is here; known are {KNOWN}")


def fill(place: Path, layout: tuple[str, str], listing: Listing) -> Found | None:
    """The files of `place` in one layout; None when its folders are not there."""
    images, masks = (listing.below(place, name) for name in layout)
    if images is None or masks is None:
        return None
    if images == masks:
        photos, planes = apart(images, listing)
        return Found(place=place, layout=layout, images=photos, masks=planes)
    return fitted(place, layout, images, masks, listing)


def fitted(
    place: Path, layout: tuple[str, str], images: Path, masks: Path, listing: Listing
) -> Found:
    """The files of a folder of images and one of masks, with the stems of both made alike."""
    photos, planes = listing.pictures(images), listing.pictures(masks)
    if not photos.keys() & planes.keys():
        # An archive of its own for each, unpacked into a folder of its name.
        photos, planes = (listing.pictures(sole(f, listing)) for f in (images, masks))
    if not photos.keys() & planes.keys():
        planes = without_end(planes)
    return Found(place=place, layout=layout, images=photos, masks=planes)


def apart(folder: Path, listing: Listing) -> tuple[dict[str, Path], dict[str, Path]]:
    """Images and masks of one folder that holds both."""
    photos = listing.pictures(folder, PHOTO_SUFFIXES)
    planes = listing.pictures(folder, {".png"})
    if photos.keys() & planes.keys():
        return photos, planes
    everything = listing.files(folder)
    for end in MASK_ENDS:
        # Both may be PNG: what is no mask is an image.
        planes = {s.removesuffix(end): p for s, p in everything if s.endswith(end)}
        photos = {s: p for s, p in everything if not s.endswith(end)}
        if photos.keys() & planes.keys():
            return photos, planes
    return {}, {}


def without_end(masks: dict[str, Path]) -> dict[str, Path]:
    """Masks by their stems less an end that all of them have; as they are when there is none."""
    for end in MASK_ENDS:
        if masks and all(stem.endswith(end) for stem in masks):
            return {stem.removesuffix(end): path for stem, path in masks.items()}
    return masks


def sole(folder: Path, listing: Listing) -> Path:
    """The folder inside that alone holds anything, and the one inside that; else `folder`."""
    inside = listing.folders(folder)
    while len(inside) == 1 and not listing.has_files(folder):
        folder = next(iter(inside.values()))
        inside = listing.folders(folder)
    return folder


def sets_in(place: Path, listing: Listing, deep: int) -> Iterator[Path]:
    """The folders below `place` that are laid out as a set, but for such as hold both kinds."""
    for folder in listing.folders(place).values():
        named = any(
            listing.below(folder, images) and listing.below(folder, masks)
            for images, masks in LAYOUTS
            if images != "."
        )
        if named:
            yield folder
        elif deep > 1:
            yield from sets_in(folder, listing, deep - 1)


def half(place: Path, listing: Listing) -> Found | None:
    """`SET/train`, where the images of SET are in images/train and its masks in masks/train."""
    whole, part = place.parent, place.name
    for layout in LAYOUTS:
        images, masks = (listing.below(whole, f"{name}/{part}") for name in layout)
        if images and masks and images != masks:
            found = fitted(place, layout, images, masks, listing)
            if found.pairs:
                return found
    return None


def check_halves(found: Found) -> None:
    """Raise `DatasetError` for a set that is parted into halves: they are not used as one."""
    parts = {stem.partition("/")[0] for stem in found.pairs if "/" in stem}
    if len(parts) > 1 and {part.lower() for part in parts} <= HALVES:
        named = " or ".join(str(found.place / part) for part in sorted(parts))
        raise DatasetError(f"{found.place}: holds {', '.join(sorted(parts))}; give {named}")


def unlike(found: Found) -> str:
    """Why nothing fits, in words."""
    images, masks = found.images, found.masks
    if not images or not masks:
        return f"{len(images)} images, {len(masks)} masks"
    return f"the stems differ: image {min(images)!r}, mask {min(masks)!r}"
