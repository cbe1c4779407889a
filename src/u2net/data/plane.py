"""One channel of numbers, of any real dtype -> a plane on a known scale; what was done is said."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.errors import DatasetError

Plane: TypeAlias = NDArray[Any]
"""One channel, (height, width), of any real dtype."""

Notes: TypeAlias = tuple[str, ...]
"""What was done to a plane, in words."""

ALPHA = "alpha taken as the plane"
GREY = "colour read as grey"


def of_picture(picture: Image.Image) -> tuple[Plane, Notes]:
    """The plane of a loaded Pillow picture, (height, width): uint8, int32, uint16 or float32.

    The alpha where it is not opaque everywhere (a cut-out), else the levels; colour becomes luma.
    """
    if picture.mode in {"1", "L"} or picture.mode[0] in "IF":
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture), ()
    alpha = opacity(picture)
    if alpha is not None:
        return alpha, (ALPHA,)
    colours = picture.convert("RGB")
    pixels = np.asarray(colours)
    grey = (pixels == pixels[..., :1]).all()
    return np.asarray(colours.convert("L")), () if grey else (GREY,)


def opacity(picture: Image.Image) -> NDArray[np.uint8] | None:
    """The alpha (height, width) of a Pillow picture; None when there is none or all is opaque."""
    if not picture.has_transparency_data:
        return None
    alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
    return alpha if alpha.min() < 255 else None


def scaled(plane: Plane, what: str) -> tuple[Plane, Notes]:
    """The plane as uint8 0…255 or float64 0…1, and notes; `what` is its name in them: map, truth.

    8 bits stay; 16 become 0…1; floats are 0…1 as they are, or 0…255 when their maximum is above 1;
    integers of 0 and 1 become 0 and 255. Raises `DatasetError` when it is no plane, or a value is
    negative, not finite, or beyond the dtype's scale.
    """
    _, highest = extent(plane, what)
    if plane.dtype.kind == "f":
        if highest <= 1:
            return plane.astype(np.float64), ()
        return _over(plane, highest, 255, what), (f"float {what} above 1 read as 0…255",)
    if plane.dtype == bool or highest == 1:
        unit = () if plane.dtype == bool else (f"{what} of 0 and 1 read as 0 and 255",)
        return plane.astype(np.uint8) * np.uint8(255), unit
    if plane.dtype == np.uint8:
        return plane, ()
    sixteen_bit = highest > 255 or (plane.dtype.kind == "u" and plane.itemsize == 2)
    return _over(plane, highest, 65535 if sixteen_bit else 255, what), ()


def extent(plane: Plane, what: str) -> tuple[float, float]:
    """The lowest and the highest value. Raises `DatasetError` for what cannot be a plane."""
    if plane.ndim != 2 or not plane.size or plane.dtype.kind not in "buif":
        raise DatasetError(f"{what} is no plane of numbers, but {plane.dtype} {plane.shape}")
    lowest, highest = float(plane.min()), float(plane.max())
    if not (np.isfinite(highest) and lowest >= 0):
        raise DatasetError(f"{what} has values below 0 or not finite ({lowest:g} … {highest:g})")
    return lowest, highest


def _over(plane: Plane, highest: float, scale: int, what: str) -> NDArray[np.float64]:
    """The plane over `scale`, which nothing in it may exceed."""
    if highest > scale:
        raise DatasetError(f"{what} reaches {highest:g}: 0…1 or 0…{scale} was expected")
    return np.asarray(plane / np.float64(scale))
