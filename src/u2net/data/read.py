"""Image file -> arrays at the size of the cache."""

from pathlib import Path

import cv2
import numpy as np

from u2net.arrays import RGB, Mask
from u2net.errors import DatasetError

ASPECT_TOLERANCE = 0.03
"""How much the aspect of a soft map may differ from its picture's: it was shrunk and rounded."""


def read_rgb(path: Path) -> RGB:
    """The picture, upright. Raises `DatasetError` for what cannot be read."""
    picture = decode(path, cv2.IMREAD_COLOR_RGB)
    return np.ascontiguousarray(picture)


def read_rgba(path: Path) -> tuple[RGB, Mask]:
    """Colour and alpha of a cut-out. Raises `DatasetError` when it has no alpha."""
    picture = decode(path, cv2.IMREAD_UNCHANGED)
    if picture.ndim != 3 or picture.shape[2] != 4 or picture.dtype != np.uint8:
        raise DatasetError(f"{path}: no 8-bit alpha; a cut-out is an RGBA picture")
    return np.ascontiguousarray(picture[:, :, 2::-1]), np.ascontiguousarray(picture[:, :, 3])


def read_mask(path: Path, *, soft: bool = False) -> Mask:
    """The mask, 0…255.

    Raises `DatasetError` when it cannot be read or, not being `soft`, holds 0 and 1 only.
    """
    mask = decode(path, cv2.IMREAD_GRAYSCALE)
    if mask.max() == 1 and not soft:
        raise DatasetError(f"{path}: holds 0 and 1 where 0 and 255 are meant; multiply it by 255")
    return mask


def decode(path: Path, flags: int) -> Mask:
    """The pixels of a file as OpenCV gives them; `DatasetError` names the file otherwise."""
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror}); repair or remove it"
        ) from error
    try:
        picture = cv2.imdecode(data, flags) if data.size else None
    except cv2.error:  # it declares more pixels than OpenCV takes
        picture = None
    if picture is None:
        raise DatasetError(f"{path}: no picture that can be decoded; repair or remove it")
    return np.asarray(picture, np.uint8)


def check_sizes(path: Path, rgb: RGB, mask: Mask, *, soft: bool) -> None:
    """A mask has its picture's size; a soft map at least its aspect. Raises `DatasetError`."""
    (height, width), (mask_height, mask_width) = rgb.shape[:2], mask.shape
    stretch = (mask_width * height) / (mask_height * width)
    slack = ASPECT_TOLERANCE + 1 / min(mask.shape)
    if mask.shape != rgb.shape[:2] and not (soft and abs(stretch - 1) <= slack):
        raise DatasetError(
            f"{path}: {mask_width}×{mask_height} pixels, its picture {width}×{height}; "
            "one of them belongs to another pair"
        )


def fit(plane: Mask, longest: int) -> Mask:
    """`plane` shrunk so that no side exceeds `longest`; smaller ones are left alone."""
    height, width = plane.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return plane
    return sized(plane, (max(1, round(height * scale)), max(1, round(width * scale))))


def sized(plane: Mask, shape: tuple[int, ...]) -> Mask:
    """`plane`, (height, width[, channels]) uint8, squashed to the height and width of `shape`."""
    height, width = shape[:2]
    if plane.shape[:2] == (height, width):
        return plane
    shrinks = height * width < plane.shape[0] * plane.shape[1]
    resized = cv2.resize(
        plane, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(resized, dtype=np.uint8)
