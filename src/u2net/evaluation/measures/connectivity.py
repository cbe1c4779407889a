"""Alpha and its truth -> the connectivity error: what hangs apart that should hang together.

Rhemann et al., CVPR 2009, eq. 3, with the benchmark's parameters (θ = .15, p = 1, steps of .1): a
pixel's level l is the largest up to which it hangs together with Ω, the largest area where both
planes reach that level; φ = 1 − d where its own alpha lies d ≥ θ above l, and 1 elsewhere; the
error is |φ(α) − φ(α*)|.
"""

from itertools import pairwise

import cv2
import numpy as np

from u2net.evaluation.measures.gradient import Alphas

THETA = np.float32(0.15)
LEVELS = tuple(np.float32(n / 10) for n in range(11))


def connectivity_errors(alpha: Alphas, truth: Alphas) -> Alphas:
    """|φ(α) − φ(α*)| of every pixel."""
    level = held(np.minimum(alpha, truth))
    return np.asarray(abs(joined(alpha, level) - joined(truth, level)), np.float32)


def held(least: Alphas) -> Alphas:
    """The level l of every pixel, where `least` is the smaller of both planes."""
    level = np.ones_like(least)
    within = np.ones(least.shape, bool)
    for below, at in pairwise(LEVELS):
        omega = largest(least >= at)
        level[within & ~omega] = below
        within &= omega
    return level


def largest(area: np.ndarray) -> np.ndarray:
    """The largest part of `area` whose pixels touch by their sides; nothing of nothing."""
    count, labels, found, _ = cv2.connectedComponentsWithStats(
        area.astype(np.uint8), connectivity=4
    )
    if count == 1:
        return np.zeros_like(area)
    return np.asarray(labels == 1 + found[1:, cv2.CC_STAT_AREA].argmax())


def joined(alpha: Alphas, level: Alphas) -> Alphas:
    """φ of every pixel."""
    apart = alpha - level
    return np.where(apart >= THETA, 1 - apart, np.float32(1))
