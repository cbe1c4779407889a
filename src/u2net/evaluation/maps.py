"""Predicted map -> a plane that can be scored against a truth; what had to be done to it is said.

A map is an 8-bit or 16-bit picture, or a `.npy` file of floats 0…1. Truth is read by `data.truth`;
here a soft or float truth that nowhere lies above 128 of 255 is divided by its maximum, as the
authors' tool does, so that it has a foreground.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from u2net.arrays import Mask
from u2net.data import plane as planes
from u2net.data import read, truth
from u2net.data.plane import Notes
from u2net.data.plane import Plane as Plane
from u2net.errors import DatasetError, EvaluationError
from u2net.pictures.formats import SUFFIXES

MAP_SUFFIXES = SUFFIXES | {".npy"}

RESIZED = "map resized to the truth's size"
FAINT = "truth not above 128 divided by its maximum"
EMPTY = "truth without foreground"


def read_plane(path: Path) -> tuple[Plane, Notes]:
    """The plane in a picture or `.npy` file, (height, width), and notes on how it was had.

    Raises `EvaluationError` when the file is missing, damaged or holds no single plane.
    """
    with _translated():
        if path.suffix.lower() != ".npy":
            return read.read_plane(path)
        read.check_regular(path)
        return npy(path), ()


def read_layers(path: Path) -> Plane:
    """The cut-out in a file, (height, width, 4), or else the plane in it, as `read_plane`.

    Colours are those of the file, in its own space. Raises `EvaluationError` as `read_plane`.
    """
    if path.suffix.lower() != ".npy":
        with _translated():
            picture = read.read_image(path)
        if picture.has_transparency_data:
            return np.asarray(picture.convert("RGBA"))
    return read_plane(path)[0]


def npy(path: Path) -> Plane:
    """The plane in a `.npy` file. Raises `DatasetError`."""
    try:
        return single(np.asarray(np.load(path, allow_pickle=False)))
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file; check the name") from error
    except Exception as error:  # NumPy raises nearly anything on files that are not what they say
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"{path}: cannot be read ({reason}); write it with numpy.save"
        ) from error


def single(values: Plane) -> Plane:
    """An array without axes of length 1. Raises `ValueError` when more than a plane is left."""
    axes = tuple(axis for axis, length in enumerate(values.shape[:-2]) if length == 1)
    plane: Plane = values.squeeze(axes)
    if plane.ndim == 3 and plane.shape[-1] == 1:
        plane = plane[..., 0]
    if plane.ndim != 2 or plane.dtype.kind not in "buif":
        raise ValueError(f"one plane of numbers was expected, not {values.dtype} {values.shape}")
    return plane


def as_map(plane: Plane) -> tuple[Plane, Notes]:
    """The plane as uint8 0…255 or float64 0…1, and notes.

    Raises `EvaluationError` when a value is negative, not finite, or beyond the dtype's scale.
    """
    with _translated():
        return planes.scaled(plane, "map")


def as_truth(plane: Plane, *, soft: bool = False) -> tuple[Mask, Notes]:
    """The plane as a truth, uint8 0…255, by the rule of `data.truth`, and notes.

    Raises `EvaluationError` as `as_map`, and for levels that are those of no mask.
    """
    with _translated():
        found, notes = truth.as_truth(plane, soft=soft)
    highest = int(found.max())
    if highest == 0:
        return found, (*notes, EMPTY)
    if highest > 128:
        return found, notes
    return np.rint(found * (255 / highest)).astype(np.uint8), (*notes, FAINT)


def fit(map_: Plane, shape: tuple[int, ...]) -> tuple[Plane, Notes]:
    """The map at the size of its truth, bilinear, and a note when that changed it."""
    if map_.shape == shape:
        return map_, ()
    resized: Plane = cv2.resize(map_, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return resized, (RESIZED,)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn errors about files and planes into those of scoring."""
    try:
        yield
    except DatasetError as error:
        raise EvaluationError(str(error)) from error
