"""Array -> network input -> mask, with the filters and roundings of the authors' `u2net_test.py`.

It reads with skimage.io, resizes with skimage.transform.resize(mode="constant"), scales by the
maximum of what was resized, alpha included, and enlarges maps of whole levels with Pillow. As it
runs with today's scikit-image, where shrinking blurs first; outside a picture is black, so that its
borders darken.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.arrays import Batch, Mask, Saliency
from u2net.engines import Engine
from u2net.errors import UnfitModelError
from u2net.mask import check_numbers, stretched, understood
from u2net.weights.card import Card

Floats: TypeAlias = NDArray[np.float64]

_LINES = 256
"""Lines at a time: a large picture is never whole in float64."""


def mask_of(image: Image.Image, engine: Engine, card: Card) -> Mask:
    """The mask of an image, by its own network, at its size.

    Raises `UnfitModelError` for a network that tells classes apart.
    """
    if card.classes:
        raise UnfitModelError(f"{card.name}: tells classes apart, as no script of the authors does")
    kept = image.mode in ("L", "RGB", "RGBA")
    as_read = image if kept else image.convert("RGBA" if image.has_transparency_data else "RGB")
    maps = understood(engine(to_batch(np.asarray(as_read), card))[0], card)
    return to_mask(maps[0], image.size)


def to_batch(pixels: NDArray[np.uint8], card: Card) -> Batch:
    """(H, W), (H, W, 3) or (H, W, 4) as (1, 3, height, width) at the card's size.

    Grey has the mean and deviation of red in all channels, as there. A picture that is black all
    over is scaled as if its maximum were 1, where the authors divide by zero.
    """
    grey = pixels.ndim == 2
    small = resized(pixels[..., None] if grey else pixels, card.size_hw)
    scaled = small / (small.max() or 1.0)
    mean, std = (
        np.array(values)[[0, 0, 0] if grey else [0, 1, 2]] for values in (card.mean, card.std)
    )
    planes = (scaled[..., :3] - mean) / std
    return np.asarray(planes.transpose(2, 0, 1)[None], np.float32)


def to_mask(saliency: Saliency, size: tuple[int, int]) -> Mask:
    """`saliency`, 0…1, stretched, in whole levels, then bilinearly at `size`, (width, height)."""
    check_numbers(saliency)
    levels = (stretched(saliency) * np.float32(255)).clip(0, 255).astype(np.uint8)
    large = Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(large)


def resized(pixels: NDArray[np.uint8], size_hw: tuple[int, int]) -> Floats:
    """(H, W, channels), 0…255, at `size_hw`, 0…1, as skimage.transform.resize makes it.

    Blurred and sampled along each axis at once, which is one matrix an axis.
    """
    height, width, channels = pixels.shape
    down, across = _sampling(height, size_hw[0]), _sampling(width, size_hw[1])
    rows = np.zeros((size_hw[0], width * channels))
    for top in range(0, height, _LINES):
        lines = pixels[top : top + _LINES].reshape(-1, width * channels) / 255.0
        rows += down[:, top : top + _LINES] @ lines
    small = np.einsum("yxc,nx->ync", rows.reshape(-1, width, channels), across, optimize=True)
    # It clips to what was there, but for the black from outside.
    low, high = pixels.min() / 255.0, pixels.max() / 255.0
    return np.where(small == 0, small, small.clip(low, high))


def _sampling(many: int, few: int) -> Floats:
    """(few, many): how much of each of `many` samples is in each of `few`, zeros being outside.

    A Gaussian of (many / few - 1) / 2, cut at four deviations, then linear interpolation between
    the centres.
    """
    factor = many / few
    sigma = max(0.0, (factor - 1) / 2)
    reach = int(4 * sigma + 0.5)
    steps = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (steps / sigma) ** 2) if sigma else np.ones(1)
    kernel /= kernel.sum()
    centres = (np.arange(few) + 0.5) * factor - 0.5
    left = np.floor(centres).astype(int)
    matrix = np.zeros((few, many))
    for taps, weights in ((left, left + 1 - centres), (left + 1, centres - left)):
        inside = (taps >= 0) & (taps < many)
        for step, share in zip(steps, kernel, strict=True):
            at = taps + step
            valid = inside & (at >= 0) & (at < many)
            matrix[np.nonzero(valid)[0], at[valid]] += (weights * share)[valid]
    return matrix
