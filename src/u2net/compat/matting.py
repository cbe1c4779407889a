"""Pillow image and mask -> cut-out by closed-form matting, as rembg has pymatting do it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.edges.kernels import kernels
from u2net.errors import need

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matting:
    """What is sure, each less a border: the rest is estimated."""

    foreground: int
    """Above this level of the mask is sure object."""
    background: int
    """Below this level is sure background."""
    erode: int
    """Width of the borders, in pixels."""


def matted(image: Image.Image, mask: Image.Image, sure: Matting) -> Image.Image:
    """RGBA whose alpha and colours are estimated between sure object and sure background.

    Raises `ExtraMissingError` without the extra `[matting]`, and `ValueError` where pymatting finds
    nothing to go by.
    """
    _need()
    from scipy.ndimage import binary_erosion

    square = np.ones((sure.erode, sure.erode), np.uint8) if sure.erode > 0 else None
    levels = np.asarray(mask)
    trimap = np.full(levels.shape, 128 / 255)
    trimap[binary_erosion(levels > sure.foreground, structure=square)] = 1
    trimap[binary_erosion(levels < sure.background, structure=square, border_value=1)] = 0
    rgb = _floats(image)
    alpha = kernels("alpha.estimate_alpha_cf").estimate_alpha_cf(rgb, trimap)
    return _with_foreground(rgb, alpha)


def decontaminated(image: Image.Image, mask: Image.Image) -> Image.Image:
    """RGBA whose alpha is the mask and whose colours are those of the object alone.

    Raises `ExtraMissingError` without the extra `[matting]`.
    """
    _need()
    return _with_foreground(_floats(image), np.asarray(mask.convert("L")) / 255.0)


def _need() -> None:
    need("matting", "pymatting", "scipy", purpose="matting")


def _floats(image: Image.Image) -> Floats:
    return np.asarray(image.convert("RGB")) / 255.0


def _with_foreground(rgb: Floats, alpha: Floats) -> Image.Image:
    coloured = kernels("foreground.estimate_foreground_ml").estimate_foreground_ml
    rgba = np.dstack([coloured(rgb, alpha), alpha])
    return Image.fromarray(np.clip(rgba * 255, 0, 255).astype(np.uint8))
