"""Data set folder -> pairs of image and mask by stem: the one place that knows the layouts in use.

A data set is a folder in one of `LAYOUTS`, or a list file: text with two paths a line, image and
mask, parted by a tab or by spaces, relative to the file; empty lines and lines with # are left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from u2net.errors import DatasetError
from u2net.pictures.formats import SUFFIXES

LAYOUTS = (
    ("images", "masks"),
    ("images", "soft"),
    ("images", "alpha"),
    ("images", "ground_truth_mask"),  # ECSSD
    ("imgs", "gt"),  # HKU-IS
    ("im", "gt"),  # DIS5K
    ("images", "gt"),
    ("image", "gt"),
    ("image", "mask"),
    ("img", "gt"),
    ("DUTS-TR-Image", "DUTS-TR-Mask"),
    ("DUTS-TE-Image", "DUTS-TE-Mask"),
    ("DUT-OMRON-image", "pixelwiseGT-new-PNG"),
    ("datasets/imgs/pascal", "datasets/masks/pascal"),  # PASCAL-S
    ("Imgs", "Imgs"),  # MSRA10K, SOD: .jpg and .png of one stem side by side
    (".", "."),
)
"""Folder of images and folder of masks, the first that fits; upper and lower case are the same."""

SOFT = frozenset({"soft", "alpha", "pascal"})
"""Folders whose masks may hold any level: maps of another network, mattes, PASCAL-S's votes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One image and its mask."""

    stem: str
    """Path below the folder of images, without suffix, parted by /."""
    image: Path
    mask: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a data set holds: pairs in the order of their stems, and what has no partner."""

    name: str
    """The folder's name, or the list file's without suffix."""
    layout: tuple[str, str]
    """Where images and masks were found, as in `LAYOUTS`; empty names for a list file."""
    pairs: tuple[Pair, ...]
    images_alone: tuple[str, ...] = ()
    """Stems of images without mask."""
    masks_alone: tuple[str, ...] = ()
    """Stems of masks without image."""

    @property
    def soft(self) -> bool:
        """Whether the masks may hold any level."""
        name = Path(self.layout[1]).name or self.pairs[0].mask.parent.name
        return name.lower() in SOFT

    @property
    def taught(self) -> bool:
        """Whether the masks are maps of another network."""
        return self.layout[1] == "soft"


def find_pairs(place: Path) -> Pairing:
    """The pairs of a data set.

    Raises `DatasetError` when there is no such place, it has none of the layouts, no image has a
    mask, or two files claim one stem. Single files without partner are no error: they are named.
    """
    if place.is_file():
        return listed(place)
    if not place.is_dir():
        raise DatasetError(f"{place}: no such folder; give the folder that holds the data set")
    layout, images, masks = lay_out(place)
    pairs = tuple(
        Pair(stem=stem, image=images[stem], mask=masks[stem])
        for stem in sorted(images.keys() & masks.keys())
    )
    if not pairs:
        raise DatasetError(f"{place}: no image has a mask ({unlike(images, masks)})")
    return Pairing(
        name=place.resolve().name,
        layout=layout,
        pairs=pairs,
        images_alone=tuple(sorted(images.keys() - masks.keys())),
        masks_alone=tuple(sorted(masks.keys() - images.keys())),
    )


def by_stem(folder: Path, suffixes: Iterable[str] = SUFFIXES) -> dict[str, Path]:
    """The files of a folder and those below it, by path without suffix.

    Raises `DatasetError` when the folder is missing or two files claim one stem. Hidden files and
    other suffixes are left out.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix.lower() not in suffixes or any(p.startswith(".") for p in inside.parts):
            continue
        stem = inside.with_suffix("").as_posix()
        if stem in found:
            raise DatasetError(f"{folder}: {found[stem].name} and {path.name} claim one stem")
        found[stem] = path
    return found


def lay_out(place: Path) -> tuple[tuple[str, str], dict[str, Path], dict[str, Path]]:
    """The layout of a folder, its images and its masks by stem."""
    for layout in LAYOUTS:
        images, masks = (below(place, name) for name in layout)
        if images is None or masks is None:
            continue
        if images != masks:
            return layout, by_stem(images), by_stem(masks)
        photos, planes = by_stem(images, {".jpg", ".jpeg"}), by_stem(images, {".png"})
        if photos.keys() & planes.keys():
            return layout, photos, planes
    known = ", ".join(f"{images}+{masks}" for images, masks in LAYOUTS[:5])
    raise DatasetError(f"{place}: no layout of images and masks is here (such as {known})")


def below(place: Path, name: str) -> Path | None:
    """The folder `name` in `place`, whatever its case."""
    for part in Path(name).parts:
        folders = sorted(p for p in place.iterdir() if p.is_dir()) if place.is_dir() else []
        match = [p for p in folders if p.name.lower() == part.lower()]
        if not match:
            return None
        place = match[0]
    return place


def unlike(images: dict[str, Path], masks: dict[str, Path]) -> str:
    """Why nothing fits, in words."""
    if not images or not masks:
        return f"{len(images)} images, {len(masks)} masks"
    return f"the stems differ: image {min(images)!r}, mask {min(masks)!r}"


def listed(file: Path) -> Pairing:
    """The pairs of a list file."""
    pairs = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: no list of pairs ({error})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        paths = [part.strip() for part in line.split("\t")] if "\t" in line else line.split()
        if len(paths) != 2:
            raise DatasetError(f"{file}:{number}: an image and a mask were expected on each line")
        image, mask = (file.parent / path for path in paths)
        pairs.append(Pair(stem=Path(paths[0]).with_suffix("").as_posix(), image=image, mask=mask))
    if not pairs:
        raise DatasetError(f"{file}: the list is empty")
    return Pairing(name=file.stem, layout=("", ""), pairs=tuple(pairs))
