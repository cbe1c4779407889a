"""Mask file or plane -> truth 0…255: the one rule of training, `data check` and evaluation.

- Two levels, one of them 0: background and foreground, whatever the other level is. A palette or
  colour file: two colours, one of them black.
- A hard mask with soft edges: black and white occur, less than `IN_BETWEEN` of the picture lies
  between them, and what does are edges, no flat areas. So resized and JPEG masks pass.
- Floats, and what its folder calls soft (`soft`, `alpha`): any level.
- Everything else is refused: class numbers, palettes and colours of several classes, a photo taken
  for a mask. Which class is the object is not in the file.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.arrays import Mask
from u2net.data.plane import Notes, Plane, extent, of_picture, opacity, scaled
from u2net.data.read import read_image, read_plane
from u2net.errors import DatasetError

IN_BETWEEN = 0.30
"""Share of a picture from which grey is no edge any more. A blur of 3 pixels' standard deviation
over masks 320 pixels wide gave .10 to .15."""

FLAT = 0.5
"""Share of the in-between pixels in flat areas from which they are levels of their own. Masks
blurred, resized, or saved as JPEG gave 0, as WebP at most .38, class numbers .86 and more."""

END = 8
"""Levels from black and white within which lossy files scatter."""

COLOURED = 16
"""Levels between the channels of one pixel from which it is no grey that a lossy file tinted."""

_WAY_OUT = (
    "write the foreground as 255 and all else as 0, "
    "or put soft maps and mattes into a folder named soft or alpha; "
    "of masks with classes name these"
)


class LevelsError(DatasetError):
    """The levels or colours of a file are those of no mask."""


def read_truth(path: Path, *, soft: bool = False) -> tuple[Mask, Notes]:
    """The truth in a mask file, (height, width) uint8 0…255, and notes on what was done to it.

    `soft` files may hold any level. Raises `DatasetError` for a file that cannot be read or whose
    levels are those of no mask.
    """
    plane, notes = truth_plane(path, soft=soft)
    try:
        truth, more = as_truth(plane, soft=soft)
    except LevelsError as error:
        raise LevelsError(f"{path}: {error}") from error
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
    return truth, notes + more


def truth_plane(path: Path, *, soft: bool = False) -> tuple[Plane, Notes]:
    """The plane in a mask file, before its levels are looked at, and notes.

    Raises `DatasetError` for a file that cannot be read and, but for `soft` ones, for colours that
    are not black and one other.
    """
    if soft:
        return read_plane(path)
    picture = read_image(path)
    if not coloured(picture):
        return of_picture(picture)
    colours = picture.convert("RGB")
    found = colours.getcolors(256)
    if not found or len(found) > 2 or (0, 0, 0) not in (colour for _, colour in found):
        count = len(found) if found else "more than 256"
        raise LevelsError(f"{path}: a mask of {count} colours, not black and one other; {_WAY_OUT}")
    foreground: Plane = np.asarray(colours).max(axis=2) > 0
    return foreground, ("black and a colour read as 0 and 255",)


def coloured(picture: Image.Image) -> bool:
    """Whether the levels of a picture are colours, and not its alpha or grey."""
    if picture.mode in {"1", "L", "LA"} or picture.mode[0] in "IF" or opacity(picture) is not None:
        return False
    pixels = np.asarray(picture.convert("RGB"))
    return bool((pixels.max(axis=2) - pixels.min(axis=2)).max() > COLOURED)


def as_truth(plane: Plane, *, soft: bool = False) -> tuple[Mask, Notes]:
    """The plane (height, width), bool, integers or floats, as uint8 0…255, and notes.

    Raises `DatasetError` for levels that are those of no mask, and as `scaled`.
    """
    low, high = extent(plane, "truth")
    if soft and plane.dtype == np.uint8:
        return plane, ()
    if plane.dtype.kind == "f" or (soft and plane.dtype != bool):
        values, notes = scaled(plane, "truth")
        return _bytes(values), notes
    if not ((plane == low) | (plane == high)).all():
        values, _ = scaled(plane, "truth")
        truth = _bytes(values)
        check_edges(truth, plane)
        return truth, ()
    if low and low != high:
        raise LevelsError(f"truth holds {low:g} and {high:g} and no 0; {_WAY_OUT}")
    foreground = np.asarray(plane != 0)
    said = plane.dtype == bool or high in (0, 255, 65535)
    notes = () if said else (f"truth of 0 and {high:g} read as 0 and 255",)
    return foreground.astype(np.uint8) * np.uint8(255), notes


def check_edges(truth: Mask, plane: Plane) -> None:
    """Raise `DatasetError` when the grey of `truth`, made of `plane`, is more than soft edges."""
    lowest, highest = int(truth.min()), int(truth.max())
    if lowest > END or highest < 255 - END:
        raise LevelsError(f"truth holds {levels(plane)}; {_WAY_OUT}")
    grey = (truth > END) & (truth < 255 - END)
    if grey.mean() >= IN_BETWEEN:
        raise LevelsError(f"truth is grey in {grey.mean():.0%} of the picture; {_WAY_OUT}")
    between = (truth > 0) & (truth < 255)
    square = np.ones((3, 3), np.uint8)
    flat = between & np.asarray(cv2.erode(truth, square) == cv2.dilate(truth, square))
    if flat.sum() > FLAT * between.sum():
        raise LevelsError(f"truth holds areas of {levels(plane)}; {_WAY_OUT}")


def levels(plane: Plane) -> str:
    """The levels of a plane in words: `the levels 0, 1, 2`, or how many there are."""
    found = np.unique(plane)
    if len(found) > 8:
        return f"{len(found)} levels from {found[0]} to {found[-1]}"
    return f"the levels {', '.join(map(str, found))}"


def _bytes(values: Plane) -> NDArray[np.uint8]:
    return values if values.dtype == np.uint8 else np.rint(values * 255).astype(np.uint8)
