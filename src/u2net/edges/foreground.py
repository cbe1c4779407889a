"""Photo and alpha -> the colour of the object alone where it is half transparent.

A pixel of the band shows object and background mixed: I = α F + (1 − α) B. Means of what is surely
object and surely background around it stand for F and B, and what of I they leave unexplained goes
to F, as far as F shows: Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021), with
means over coarse cells in place of blurs at full size.

A map errs: what it holds half transparent may be opaque. So a pixel whose colour is no mixture of
the two keeps it, and so does one with nothing sure around.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.edges.discriminant import dot, tent, weighted
from u2net.edges.grid import Floats, Grid, doubled, grown, halved, packed, planes, shrunk
from u2net.edges.recoloured import Patch, Recoloured
from u2net.edges.strips import Inside, blocks, each, strips

SURE = 8
"""Power of what a cell is surer of than a half: at alpha .9 it weighs a sixth."""
REACH = 4
"""Halvings of the grid to the widest windows."""
NEXT = 0.1
"""Weight of windows beside those half as wide: enough where these show too little of a side."""
RARE = 1e-5
"""Weight of the sure cells around at which what they say counts half."""

ALIKE = 25.0
"""Squared distance of both means, in levels, that tells as little as noise."""
STRICT = 64.0
"""What squared distance from the line between the means counts, beside 1 for that of the means: at
an eighth of it a pixel keeps half of its own colour."""

OPAQUE = 250
"""Mean alpha of a cell, of 255, from which the background is not seen in it."""


def foreground(grid: Grid, mask: Mask) -> RGB | Recoloured:
    """The photo of `grid` with the object's own colours in the band of `mask`, 0…255, of its size.

    Where the mask is 255 no colour changes; what they are where it is 0 does not matter. A mask
    without a band gives the photo itself.
    """
    coarse = shrunk(mask, grid.step)
    band = (coarse > 0) & (coarse < OPAQUE)
    if not band.any():
        return grid.rgb
    away = coarse * np.float32(2 / 255) - 1
    means, seen = zip(*(around(grid, surely(side)) for side in (away, -away)), strict=True)
    least = np.minimum(*seen)
    # One cell more all around: from there on it falls to nothing, and with it what is done.
    near = cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8))
    worth = least / (least + np.float32(RARE)) * near
    behind = np.dstack([means[1], levels(worth)])

    def patch(inside: Inside) -> Patch:
        (top, bottom), (left, right) = ((side.start, side.stop) for side in inside)
        colours = np.empty((bottom - top, right - left, 3), np.uint8)
        for block in blocks(inside, grid.step):
            ours = grown(means[0], grid.step, block)
            theirs = grown(behind, grid.step, block)
            at = slice(block[1].start - left, block[1].stop - left)
            colours[:, at] = unmixed(grid.rgb[block], mask[block], ours, theirs)
        return Patch(top, left, colours)

    return Recoloured(
        grid.rgb, tuple(each(patch, strips(behind[..., 3] > 0, grid.step, mask.shape)))
    )


def surely(away: Floats) -> Floats:
    """Weights of cells that are of a side: those a little less sure hold some of the other's."""
    return np.asarray(cv2.pow(away.clip(0, 1), SURE), np.float32)


def around(grid: Grid, side: Floats) -> tuple[RGB, Floats]:
    """The mean colour of a side around every cell, and how much of it is there, by its weights."""
    total, *sums = planes(wider(packed(weighted(side, grid.colours)), REACH))
    return levels(packed([plane / (total + np.float32(1e-9)) for plane in sums])), total


def wider(planes: Floats, reach: int) -> Floats:
    """Sums of what is in a cell and, with less weight, in ever wider windows around it."""
    if not reach:
        return planes
    far = wider(tent(halved(planes)), reach - 1)
    return np.asarray(planes + np.float32(NEXT) * doubled(far, planes.shape), np.float32)


def levels(shares: Floats) -> NDArray[np.uint8]:
    """0…1 as levels, 0…255, rounded."""
    return np.asarray(cv2.convertScaleAbs(shares, alpha=255), np.uint8)


def unmixed(seen: RGB, mask: Mask, ours: RGB, theirs: NDArray[np.uint8]) -> RGB:
    """F of I = α F + (1 − α) B, 0…255, where `ours` stands for F, and for B `theirs`.

    That holds, beside red, green and blue, how much both are worth. What lies nearer to F than
    alpha says counts by what it looks like, for a map may miss a strand.
    """
    *mean, worth = cv2.split(theirs)
    photo = cv2.split(seen)
    beyond = differences(photo, mean)
    apart = differences(cv2.split(ours), mean)
    distance = 1 / (dot(apart, apart) + np.float32(ALIKE))
    looks = dot(beyond, apart) * distance
    alpha = np.minimum(np.maximum(looks, mask * np.float32(1 / 255)), 1)
    aside = np.maximum(dot(beyond, beyond) * distance - looks * looks, 0)
    share = (1 - alpha) * worth * np.float32(1 / 255) / (1 + np.float32(STRICT) * aside)
    # I + share · (F − I) / (1 − α), for F = B + α (I − B) + (1 − α²) (F̄ − B), as Forte has it.
    alpha += 1
    pure = [
        cv2.add(own, share * (alpha * gap - rest), dtype=cv2.CV_8U)
        for own, gap, rest in zip(photo, apart, beyond, strict=True)
    ]
    return np.asarray(cv2.merge(pure), np.uint8)


def differences(ones: Sequence[Any], others: Sequence[Any]) -> list[Floats]:
    """One plane of levels less another, pair by pair."""
    return [
        np.asarray(cv2.subtract(one, other, dtype=cv2.CV_32F), np.float32)
        for one, other in zip(ones, others, strict=True)
    ]
