"""Saliency -> mask at the size of the picture."""

import cv2
import numpy as np

from u2net.arrays import Mask, Saliency
from u2net.errors import EngineError
from u2net.pictures.resample import resize

_BAND = 256
"""Lines at a time: a large mask is never whole in float32."""


def to_mask(saliency: Saliency, size_hw: tuple[int, int], *, stretch: bool = False) -> Mask:
    """`saliency`, 0…1, resized bilinearly to `size_hw`, 0…255 rounded.

    `stretch` spreads the map to its own minimum and maximum first, as the authors do; a map that is
    the same everywhere stays as it is. Raises `EngineError` when a value is no number.
    """
    if not np.isfinite(saliency).all():
        raise EngineError("the network's map holds no numbers (nan); try --precision fp32")
    if stretch:
        saliency = stretched(saliency)
    height, width = size_hw
    small = resize(saliency, (min(height, saliency.shape[0]), min(width, saliency.shape[1])))
    tall = cv2.resize(small, (small.shape[1], height), interpolation=cv2.INTER_LINEAR)
    mask = np.empty(size_hw, np.uint8)
    for top in range(0, height, _BAND):
        band = tall[top : top + _BAND]
        band = cv2.resize(band, (width, len(band)), interpolation=cv2.INTER_LINEAR)
        mask[top : top + _BAND] = cv2.convertScaleAbs(band, alpha=255)
    return mask


def stretched(saliency: Saliency) -> Saliency:
    """`saliency` from 0 to 1; unchanged when it is constant."""
    low, high = saliency.min(), saliency.max()
    return saliency if low == high else (saliency - low) / (high - low)
