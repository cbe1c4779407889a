"""Data set -> pairs of image and mask by stem.

A data set is a folder in one of `layouts.LAYOUTS`; a half of one, `SET/train`, where SET has
images/train and masks/train; two folders, `IMAGES:MASKS`; or a list file: text with two paths a
line, image and mask, parted by a tab or by spaces, relative to the file; empty lines and lines with
# are left out.
"""

from dataclasses import dataclass
from pathlib import Path

from u2net.data.layouts import SOFT, Found, fitted, half, lay_out, unlike
from u2net.data.listing import Listing
from u2net.data.read import check_regular
from u2net.errors import DatasetError
from u2net.files import is_file, is_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One image and its mask."""

    stem: str
    """Path below the folder of images, without suffix, parted by /."""
    image: Path
    mask: Path
    masks: tuple[Path | None, ...] = ()
    """Of a set with classes: the masks that `labels` reads."""
    extra: tuple[Path, ...] = ()
    """Files of channels beside the colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What a data set holds: pairs in the order of their stems, and what has no partner."""

    name: str
    """The folder's name, or the list file's without suffix."""
    place: Path
    """The folder that holds it, the list file, or of two folders that of the images."""
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
    def unpaired(self) -> tuple[str, ...]:
        """What has no partner, in words: `12 photos without truth: 0001, 0002, 0003, …`."""
        alone = {
            "photos without truth": self.images_alone,
            "truths without photo": self.masks_alone,
        }
        return tuple(some(what, stems) for what, stems in alone.items() if stems)

    @property
    def taught(self) -> bool:
        """Whether the masks are maps of another network."""
        return Path(self.layout[1]).name.lower() == "soft"


def find_pairs(place: Path) -> Pairing:
    """The pairs of a data set.

    Raises `DatasetError` when there is no such place, it has none of the layouts or halves to
    choose from, no image has a mask, or two files claim one stem. Single files without partner are
    no error: they are named.
    """
    if is_file(place):
        return listed(place)
    listing = Listing()
    if is_folder(place):
        return paired(lay_out(place, listing))
    if folders := two_folders(str(place)):
        images, masks = folders
        found = fitted(images, (images.name, masks.name), images, masks, listing)
        same = images.resolve().parent == masks.resolve().parent
        return paired(found, (images.resolve().parent if same else images.resolve()).name)
    if is_folder(place.parent) and (part := half(place, listing)):
        return paired(part, f"{place.resolve().parent.name}/{place.name}")
    raise DatasetError(
        f"{place}: no such folder; give the folder that holds the data set, SET/train for a half "
        "of one, IMAGES:MASKS, or a list file"
    )


def paired(found: Found, name: str = "") -> Pairing:
    """The pairs of what was found. Raises `DatasetError` when there are none."""
    images, masks = found.images, found.masks
    pairs = tuple(Pair(stem=stem, image=images[stem], mask=masks[stem]) for stem in found.pairs)
    if not pairs:
        raise DatasetError(f"{found.place}: no image has a mask ({unlike(found)})")
    return Pairing(
        name=name or found.place.resolve().name,
        place=found.place,
        layout=found.layout,
        pairs=pairs,
        images_alone=tuple(sorted(images.keys() - masks.keys())),
        masks_alone=tuple(sorted(masks.keys() - images.keys())),
    )


def two_folders(text: str) -> tuple[Path, Path] | None:
    """The two folders of `IMAGES:MASKS`: the first colon with a folder on either side, so that a
    Windows drive is none."""
    for at, letter in enumerate(text):
        if letter == ":" and 0 < at < len(text) - 1:
            images, masks = Path(text[:at]), Path(text[at + 1 :])
            if is_folder(images) and is_folder(masks):
                return images, masks
    return None


def listed(file: Path) -> Pairing:
    """The pairs of a list file; files that are missing are told when they are read."""
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
        for path in (image, mask):
            check_regular(path)
        pairs.append(Pair(stem=Path(paths[0]).with_suffix("").as_posix(), image=image, mask=mask))
    if not pairs:
        raise DatasetError(f"{file}: the list is empty")
    return Pairing(name=file.stem, place=file, layout=("", ""), pairs=tuple(pairs))


def some(what: str, stems: tuple[str, ...]) -> str:
    """`12 photos without truth: 0001, 0002, 0003, …`"""
    return f"{len(stems)} {what}: {', '.join(stems[:3])}{', …' if len(stems) > 3 else ''}"
