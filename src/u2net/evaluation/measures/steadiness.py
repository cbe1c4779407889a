"""Maps of a film -> how much they waver where nothing happens, and how late they are where it does.

Flicker is the change of alpha, as in the dtSSD of Erofeev et al. ("Perceptually motivated benchmark
for video matting", BMVC 2015), but only where the photo stays, so that it needs no truth; lag is
found by least squares.
"""

from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask

STILL = 4.0
"""Levels that the photo may change by, noise averaged out, where it counts as still."""

_SIGMA = 2.0
"""Pixels over which noise is averaged."""


def flicker(maps: Iterable[Mask], photos: Iterable[RGB]) -> float:
    """Mean change from frame to frame, 0…1, of `maps`, (H, W), where `photos`, (H, W, 3), stay.

    nan where nothing stays or there are fewer than two frames.
    """
    change, pixels = 0.0, 0
    for (before, seen), (now, sees) in pairwise(zip(maps, photos, strict=True)):
        moved = cv2.GaussianBlur(sees.astype(np.float32) - seen.astype(np.float32), (0, 0), _SIGMA)
        still = np.abs(moved).max(axis=2) < STILL
        change += float(np.abs(_real(now) - _real(before))[still].sum())
        pixels += int(still.sum())
    return change / 255 / pixels if pixels else float("nan")


def lag(maps: Iterable[Mask], truths: Iterable[Mask]) -> float:
    """By how many frames `maps`, (H, W), are behind `truths`: 0 in time, 1 those of before.

    The share of the truth before that, mixed into the truth of now, is nearest to the map;
    nan where nothing moves.
    """
    along, length = 0.0, 0.0
    for (_, before), (said, now) in pairwise(zip(maps, truths, strict=True)):
        back = _real(before) - _real(now)
        along += float(((_real(said) - _real(now)) * back).sum())
        length += float(np.square(back).sum())
    return along / length if length else float("nan")


def _real(values: Mask) -> NDArray[np.float32]:
    return values.astype(np.float32)
