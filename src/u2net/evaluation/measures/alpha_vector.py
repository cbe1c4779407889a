"""Cut-out and truth -> the errors of alpha of one picture, as one vector that can be summed."""

from dataclasses import asdict, fields

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGBA
from u2net.data.plane import Notes, Plane
from u2net.errors import EvaluationError
from u2net.evaluation.maps import as_map
from u2net.evaluation.measures.alpha import AlphaErrors, alpha_errors

NAMES = tuple(field.name for field in fields(AlphaErrors))
COLOURS = ("band_colour", "mixed_colour")
"""Those that not every picture has."""

LENGTH = 1 + len(NAMES) + len(COLOURS)
"""How many pictures were summed, their errors, and how many had each of `COLOURS`."""


def measure(ours: Plane, truth: Plane) -> tuple[NDArray[np.float64], Notes]:
    """The errors of a cut-out (height, width, 4) or an alpha (height, width), and no notes.

    Raises `EvaluationError` when both are not of one size, or one cannot be scored.
    """
    if ours.shape[:2] != truth.shape[:2]:
        sizes = ", the truth ".join(f"{p.shape[1]}×{p.shape[0]}" for p in (ours, truth))
        raise EvaluationError(f"alpha is {sizes} pixels; it is scored at the truth's own size")
    coloured = ours.ndim == truth.ndim == 3
    found = asdict(alpha_errors(layered(ours), layered(truth), coloured=coloured))
    had = (found[name] is not None for name in COLOURS)
    return np.array([1.0, *(found[name] or 0.0 for name in NAMES), *had]), ()


def figures(sums: NDArray[np.float64]) -> dict[str, float]:
    """The means of the pictures whose vectors were summed; that of colours where there are any."""
    pictures, *values = sums.tolist()
    errors, had = values[: len(NAMES)], values[len(NAMES) :]
    counts = dict.fromkeys(NAMES, pictures) | dict(zip(COLOURS, had, strict=True))
    found = zip(NAMES, errors, strict=True)
    return {name: error / counts[name] for name, error in found if counts[name]}


def layered(pixels: Plane) -> RGBA:
    """A cut-out as it is, an alpha without colours as (height, width, 4)."""
    if pixels.ndim == 3:
        return pixels
    plane, _ = as_map(pixels)
    alpha = plane if plane.dtype == np.uint8 else np.rint(plane * 255).astype(np.uint8)
    rgba = np.zeros((*alpha.shape, 4), np.uint8)
    rgba[..., 3] = alpha
    return rgba
