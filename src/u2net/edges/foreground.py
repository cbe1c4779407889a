"""Photo and alpha -> the colour of the object alone where it is half transparent.

A pixel of the band shows object and background mixed: I = α F + (1 − α) B. Means of what is surely
object and surely background around it stand for F and B, and what of I they leave unexplained goes
to F, as far as F shows: Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021), with
means over coarse cells in place of blurs at full size.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from u2net.arrays import RGB, Mask
from u2net.edges.discriminant import dot, sides, windowed
from u2net.edges.grid import Floats, doubled, grown, shrunk
from u2net.edges.recoloured import Patch, Recoloured
from u2net.edges.strips import Inside, each, strips

REACH = 3
"""Halvings of the grid to the windows that help where narrow ones show too little of a side."""

ALIKE = 400.0
"""Squared distance of both means, in levels, at which a pixel's looks count half."""

OPAQUE = 250
"""Mean alpha of a cell, of 255, from which the background is not seen in it."""


def foreground(rgb: RGB, mask: Mask, step: int) -> RGB | Recoloured:
    """`rgb` with the object's own colours in the band of `mask`, 0…255, of the same size.

    Means are of cells `step` pixels wide. Where the mask is 0 or 255 no colour changes; a mask
    without a band gives `rgb` itself.
    """
    coarse = shrunk(mask, step)
    band = (coarse > 0) & (coarse < OPAQUE)
    if not band.any():
        return rgb
    surely = sides(coarse * np.float32(1 / 255))
    weights = [windowed(side, REACH) + np.float32(1e-5) for side in surely]
    channels = [channel.astype(np.float32) for channel in cv2.split(shrunk(rgb, step))]
    means = [
        [doubled(windowed(channel * side, REACH) / weight, coarse.shape) for channel in channels]
        for side, weight in zip(surely, weights, strict=True)
    ]

    def patch(inside: Inside) -> Patch:
        ours, theirs = ([grown(mean, step, inside) for mean in of] for of in means)
        alpha = mask[inside] * np.float32(1 / 255)
        seen = [channel.astype(np.float32) for channel in cv2.split(rgb[inside])]
        pure = [np.rint(channel) for channel in unmixed(seen, alpha, ours, theirs)]
        colours = np.asarray(cv2.merge(pure), np.float32).clip(0, 255).astype(np.uint8)
        return Patch(inside[0].start, inside[1].start, colours)

    return Recoloured(rgb, tuple(each(patch, strips(band, step, mask.shape))))


def unmixed(
    seen: Sequence[Floats], alpha: Floats, ours: Sequence[Floats], theirs: Sequence[Floats]
) -> list[Floats]:
    """F of I = α F + (1 − α) B, 0…255, where means stand for F and B.

    A map may miss a strand. So what lies nearer to F than alpha says counts by what it looks like:
    a pixel that has the object's colour keeps it.
    """
    apart = [one - other for one, other in zip(ours, theirs, strict=True)]
    beyond = [colour - other for colour, other in zip(seen, theirs, strict=True)]
    distance = dot(apart, apart) + np.float32(1e-3)
    looks = (dot(beyond, apart) / distance).clip(0, 1)
    trust = distance / (distance + np.float32(ALIKE))
    alpha = alpha + trust * (np.maximum(looks, alpha) - alpha)
    return [
        mean + alpha * (rest - alpha * gap)
        for mean, rest, gap in zip(ours, beyond, apart, strict=True)
    ]
