"""Channels beside the colours, such as depth: where their planes are, and how they are read.

A plane is a picture of one channel, of 8 or 16 bits or floats, in a folder beside that of the
pictures: `depth/a.png` for `images/a.jpg`, `depth/train/a.png` for `images/train/a.jpg`. Where
there is no such folder and one channel is asked for, it is the fourth sample of a TIFF picture,
whatever the file calls it. A plane is divided by its own maximum, so that 16 bits of millimetres
and 8 bits of disparity come to 0…1 alike; 0 stays 0, which is where nothing was measured.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import Mask
from u2net.data.pairs import Pair
from u2net.data.plane import Plane, extent
from u2net.data.read import check_sizes, read_image, read_plane, translated
from u2net.errors import DatasetError, UnfitImageError
from u2net.files import is_file, is_folder
from u2net.pictures.formats import SUFFIXES
from u2net.pictures.header import upright
from u2net.pictures.limits import LIMITS, Limits
from u2net.pictures.photo import Photo
from u2net.pictures.source import Source, photo_of, read
from u2net.pictures.tiff import ORIENTATION, number, tags_of

DEEPEST = 3
"""Folders above a picture, its own counted, beside which a folder of planes is looked for."""


def with_channels(image: Source, *planes: Plane | str | Path, limits: Limits = LIMITS) -> Photo:
    """A photo with further channels, for a network that sees them; in the order of its card.

    `image` is all that a remover takes, a plane (H, W) of any real dtype, or a file of one. Raises
    `ImageError` for a picture that cannot be read or a plane of another size, and `DatasetError`
    for a plane that is none.
    """
    photo = photo_of(image, limits=limits)
    extra = [
        read_channel(Path(plane)) if isinstance(plane, (str, Path)) else scaled(plane)
        for plane in planes
    ]
    for plane in extra:
        if plane.shape != photo.size_hw:
            sizes = f"{plane.shape[1]}×{plane.shape[0]} pixels, the photo {photo.size_hw[::-1]}"
            raise UnfitImageError(f"a plane of {sizes}; give one of the same size")
    return replace(photo, extra=np.stack(extra, axis=-1) if extra else None)


def photo_at(
    image: Source, names: Sequence[str], *, limits: Limits = LIMITS, at_least: int | None = None
) -> Photo:
    """As `photo_of`; where there are `names`, of a file with the channels that lie beside it.

    Raises as `with_channels`, and `DatasetError` where a plane is not there, or is of another size.
    """
    if not names or not isinstance(image, (str, Path)):
        return photo_of(image, limits=limits, at_least=at_least)
    path = Path(image)
    files = channels_of(path, names)
    photo = photo_of(path, limits=limits)
    if path in files:
        photo = replace(photo, alpha=None)
    return with_channels(photo, *read_channels(path, files, photo.size_hw))


def with_files(pairs: Iterable[Pair], names: Sequence[str]) -> tuple[Pair, ...]:
    """The pairs with the files of the channels `names`. Raises `DatasetError` where one is not."""
    if not names:
        return tuple(pairs)
    return tuple(replace(pair, extra=channels_of(pair.image, names)) for pair in pairs)


def channels_of(image: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """The file of each channel of a picture: of one in its own file, the picture itself."""
    return tuple(_file(image, name, alone=len(names) == 1) for name in names)


def _file(image: Path, name: str, *, alone: bool) -> Path:
    for own, beside in pairwise(list(image.parents)[:DEEPEST]):
        if (folder := beside / name) != own and is_folder(folder):
            stem = image.relative_to(own).with_suffix("").as_posix()
            for suffix in (s for known in sorted(SUFFIXES) for s in (known, known.upper())):
                if is_file(plane := folder / f"{stem}{suffix}"):
                    return plane
            raise DatasetError(f"{folder}: has no {name} for {image}; add {stem}.png")
    if alone and image.suffix.lower() in (".tif", ".tiff"):
        return image
    raise DatasetError(
        f"{image}: no folder {name} beside {image.parent}, and no TIFF with a fourth sample; "
        f"put its {name} into {image.parent.parent / name}"
    )


def read_channel(path: Path, photo: Path | None = None) -> Mask:
    """The plane in a file, (height, width) uint8, 0…255 of its own maximum; of the file of the
    picture `photo` itself its fourth sample. Raises `DatasetError`."""
    try:
        return _fourth(path) if path == photo else scaled(read_plane(path)[0])
    except DatasetError as error:
        told = str(error)
        raise DatasetError(told if str(path) in told else f"{path}: {told}") from error


def read_channels(image: Path, files: Sequence[Path], size_hw: tuple[int, int]) -> list[Mask]:
    """The planes of a picture of `size_hw`. Raises `DatasetError`, for another size too."""
    found = [read_channel(path, image) for path in files]
    for path, plane in zip(files, found, strict=True):
        check_sizes(path, size_hw, plane, smaller=False)
    return found


def scaled(plane: Plane) -> Mask:
    """A plane (H, W) of any real dtype as 0…255 of its own maximum, rounded.

    Raises `DatasetError` when it is no plane, or a value is negative or not finite.
    """
    _, highest = extent(plane, "channel")
    levels: NDArray[np.float64] = plane.astype(np.float64) * 255 / (highest or 1)
    return np.rint(levels).astype(np.uint8)


def _fourth(path: Path) -> Mask:
    with translated(path):
        read_image(path)  # whole, and within the limits
        data = read(path)
        orientation = number(tags_of(data), ORIENTATION, 1)
    # Pillow drops a fourth sample that the file does not call alpha.
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None or samples.ndim != 3 or samples.shape[2] != 4:
        raise DatasetError(f"{path}: has no fourth sample beside the colours")
    return upright(scaled(samples[:, :, 3]), orientation)
