"""Picture file or array -> a plane that can be scored; what had to be done to it is said.

- Palette and colour become luma. Where a file has an alpha that is not opaque everywhere (a
  cut-out), the alpha is the plane.
- A map stays 8-bit when it is; 16 bits become 0…1; floats are 0…1 as they are, or 0…255 when their
  maximum is above 1. Integers of 0 and 1 become 0 and 255.
- A truth becomes 0…255; when nothing in it lies above 128 (masks of 0 and 1, faint palettes), it is
  divided by its maximum.
- A map of another size is resized to the truth's, bilinear.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.data.pairs import SUFFIXES
from u2net.errors import EvaluationError

MAP_SUFFIXES = SUFFIXES | {".npy"}

Plane = NDArray[Any]
"""One channel, (height, width), of any real dtype."""

DAMAGE = (Exception,)
"""What Pillow and NumPy raise on files that are not what they say: nearly anything."""

RESIZED = "map resized to the truth's size"
ALPHA = "alpha taken as the plane"
GREY = "colour read as grey"
UNIT_MAP = "map of 0 and 1 read as 0 and 255"
BYTE_FLOATS = "float map above 1 read as 0…255"
FAINT = "truth not above 128 divided by its maximum"
EMPTY = "truth without foreground"


def read_plane(path: Path) -> tuple[Plane, tuple[str, ...]]:
    """The plane in a picture or `.npy` file, and notes on what was done to get it.

    Raises `EvaluationError` when the file is missing, damaged or holds no single plane.
    """
    try:
        if path.suffix.lower() == ".npy":
            return single(np.asarray(np.load(path, allow_pickle=False))), ()
        with Image.open(path) as picture:
            picture.load()
            return from_picture(picture)
    except FileNotFoundError as error:
        raise EvaluationError(f"{path}: no such file") from error
    except DAMAGE as error:
        raise EvaluationError(f"{path}: cannot be read ({error})") from error


def from_picture(picture: Image.Image) -> tuple[Plane, tuple[str, ...]]:
    """The plane of a decoded picture."""
    if picture.mode in {"1", "L"} or picture.mode[0] in "IF":
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture), ()
    if picture.has_transparency_data:
        alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return alpha, (ALPHA,)
    colours = np.asarray(picture.convert("RGB"))
    grey = (colours == colours[..., :1]).all()
    return np.asarray(picture.convert("RGB").convert("L")), () if grey else (GREY,)


def single(values: Plane) -> Plane:
    """An array without axes of length 1. Raises `ValueError` when more than a plane is left."""
    axes = tuple(axis for axis, length in enumerate(values.shape[:-2]) if length == 1)
    plane: Plane = values.squeeze(axes)
    if plane.ndim == 3 and plane.shape[-1] == 1:
        plane = plane[..., 0]
    if plane.ndim != 2 or plane.dtype.kind not in "buif":
        raise ValueError(f"one plane of numbers was expected, not {values.dtype} {values.shape}")
    return plane


def as_map(plane: Plane, what: str = "map") -> tuple[Plane, tuple[str, ...]]:
    """The plane as uint8 0…255 or float64 0…1, and notes.

    Raises `EvaluationError` when a value is negative, not finite, or beyond the dtype's scale.
    """
    highest = maximum(plane, what)
    if plane.dtype.kind == "f":
        if highest <= 1:
            return plane.astype(np.float64), ()
        return within(plane, highest, 255, what), (BYTE_FLOATS,)
    if plane.dtype == bool or highest == 1:
        return plane.astype(np.uint8) * np.uint8(255), () if plane.dtype == bool else (UNIT_MAP,)
    if plane.dtype == np.uint8:
        return plane, ()
    sixteen_bit = highest > 255 or (plane.dtype.kind == "u" and plane.itemsize == 2)
    return within(plane, highest, 65535 if sixteen_bit else 255, what), ()


def as_truth(plane: Plane) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The plane as uint8 0…255, and notes. Raises `EvaluationError` as `as_map` does."""
    values, _ = as_map(plane, "truth")
    truth = values if values.dtype == np.uint8 else np.rint(values * 255).astype(np.uint8)
    highest = int(truth.max())
    if highest == 0:
        return truth, (EMPTY,)
    if highest > 128:
        return truth, (FAINT,) if plane.dtype.kind in "ui" and plane.max() == 1 else ()
    return np.rint(truth * (255 / highest)).astype(np.uint8), (FAINT,)


def fit(map_: Plane, shape: tuple[int, ...]) -> tuple[Plane, tuple[str, ...]]:
    """The map at the size of its truth, bilinear, and a note when that changed it."""
    if map_.shape == shape:
        return map_, ()
    resized: Plane = cv2.resize(map_, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return resized, (RESIZED,)


def maximum(plane: Plane, what: str) -> float:
    """The highest value. Raises `EvaluationError` for what cannot be a map or a truth."""
    if plane.ndim != 2 or not plane.size or plane.dtype.kind not in "buif":
        raise EvaluationError(f"{what} is no plane of numbers, but {plane.dtype} {plane.shape}")
    lowest, highest = float(plane.min()), float(plane.max())
    if not (np.isfinite(highest) and lowest >= 0):
        raise EvaluationError(f"{what} has values below 0 or not finite ({lowest:g} … {highest:g})")
    return highest


def within(plane: Plane, highest: float, scale: int, what: str) -> NDArray[np.float64]:
    """The plane over `scale`, which nothing in it may exceed."""
    if highest > scale:
        raise EvaluationError(f"{what} reaches {highest:g}: 0…1 or 0…{scale} was expected")
    return np.asarray(plane / np.float64(scale))
