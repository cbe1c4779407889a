"""Photo and alpha -> the colour of the object alone where it is half transparent.

A pixel of the band shows object and background mixed: I = α F + (1 − α) B. Means around it stand
for F and B, and what of I they leave unexplained goes to F, as far as F shows. That is done twice,
after Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021): by means of what is surely
object and surely background, over coarse cells; then by those of what that found out, close by, so
that every strand has the colour of its own surroundings.

Alpha errs: what it holds half transparent may be opaque. So a pixel whose colour is no mixture of
the two keeps it, and so does one with nothing sure around, or where the map was sure of the object
before it was drawn to edges.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.edges.discriminant import tent, weighted
from u2net.edges.grid import Floats, Grid, doubled, grown, halved, packed, planes, shrunk
from u2net.edges.pixels import UNSEEN, dotted, rounded, triple
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
DOUBT = 0.05
"""What a map lacks of 1 from which it leaves colours to alpha."""
ALIKE = 25.0
"""Squared distance of both means, in levels, that tells as little as noise."""
STRICT = 64.0
"""What squared distance from the line between the means counts, beside 1 for that of the means: at
an eighth of it a pixel keeps half of its own colour."""
CLOSE = 16.0
"""The same the second time, when the means are those of the pixel's own surroundings."""
NARROW = 3
"""Small cells along the windows of the second time; two of them are as long as a cell."""

OPAQUE = 250
"""Mean alpha of a cell, of 255, from which the background is not seen in it."""


def foreground(grid: Grid, mask: Mask, before: Mask | None = None) -> RGB | Recoloured:
    """The photo of `grid` with the object's own colours in the band of `mask`, 0…255, of its size.

    Where the mask is 255 no colour changes, nor where it was nearly so in `before`, which is what
    it was drawn from; what colours are where it is 0 does not matter. A mask without a band gives
    the photo itself.
    """
    coarse = shrunk(mask, grid.step)
    band = (coarse > 0) & (coarse < OPAQUE)
    if not band.any():
        return grid.rgb
    away = coarse * np.float32(2 / 255) - 1
    (ours, some), (theirs, others) = (around(grid, surely(side)) for side in (away, -away))
    least = np.minimum(some, others)
    # One cell more all around: from there on it falls to nothing, and with it what is done.
    near = cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8))
    worth = least / (least + np.float32(RARE)) * near
    if before is not None:
        worth *= doubted(shrunk(before, grid.step))
    worth[worth < UNSEEN] = 0
    sides = Sides(ours - theirs, -theirs)
    fine = max(1, grid.step // 2)

    def patch(inside: Inside) -> Patch:
        (top, bottom), (left, right) = ((side.start, side.stop) for side in inside)
        colours = np.empty((bottom - top, right - left, 3), np.uint8)
        for block in blocks(inside, grid.step):
            close = nearby(grid, mask, sides, worth, block, fine)
            at = slice(block[1].start - left, block[1].stop - left)
            trusted = grown(worth, grid.step, block)
            colours[:, at] = unmixed(grid.rgb[block], mask[block], close, trusted, strict=CLOSE)
        return Patch(top, left, colours)

    return Recoloured(grid.rgb, tuple(each(patch, strips(worth > 0, grid.step, mask.shape))))


class Sides(NamedTuple):
    """Mean colours of object F and background B around, in levels, (height, width, 3)."""

    apart: Floats
    """F − B."""
    beyond: Floats
    """−B."""

    def grown(self, step: int, inside: Inside) -> "Sides":
        """Both enlarged, as `grid.grown` does."""
        return Sides(*(grown(plane, step, inside) for plane in self))


def nearby(grid: Grid, mask: Mask, sides: Sides, worth: Floats, block: Inside, fine: int) -> Sides:
    """Means for the pixels of `block` by what those of `sides` make of cells of `fine` pixels."""
    wide = widened(block, max(grid.step, 2 * fine), mask.shape)
    lines, columns = (slice(side.start // fine, -(-side.stop // fine)) for side in wide)
    part = lines, columns
    seen, alpha = shrunk(grid.rgb[wide], fine), shrunk(mask[wide], fine)
    coarse = grid.step // fine
    means, trusted = sides.grown(coarse, part), grown(worth, coarse, part)
    found = unmixed(seen, alpha, means, trusted, strict=STRICT)
    share = alpha * np.float32(1 / 255)
    shown, all_seen, weight = map(narrow, (found * triple(share), seen.astype(np.float32), share))
    few = np.float32(1e-4)
    mean = shown * triple(1 / (weight + few))
    behind = (all_seen - shown) * triple(1 / (1 - weight + few))
    behind = behind.clip(0, 255)
    lines, columns = (
        slice(small.start - large.start, small.stop - large.start)
        for small, large in zip(block, wide, strict=True)
    )
    return Sides(mean - behind, -behind).grown(fine, (lines, columns))


def widened(block: Inside, margin: int, size_hw: tuple[int, ...]) -> Inside:
    """`block` and `margin` pixels on every side, as far as the picture goes."""
    lines, columns = (
        slice(max(0, side.start - margin), min(side.stop + margin, size))
        for side, size in zip(block, size_hw, strict=True)
    )
    return lines, columns


def narrow(plane: Floats) -> Floats:
    """Means over the windows of the second time."""
    window = NARROW, NARROW
    return np.asarray(cv2.blur(plane, window, borderType=cv2.BORDER_REPLICATE), np.float32)


def doubted(cells: NDArray[np.uint8]) -> Floats:
    """0…1: 0 where a map is all object, 1 from where it doubts that by `DOUBT`."""
    return np.asarray((255 - cells) * np.float32(1 / (255 * DOUBT)), np.float32).clip(0, 1)


def surely(away: Floats) -> Floats:
    """Weights of cells that are of a side: those a little less sure hold some of the other's."""
    return np.asarray(cv2.pow(away.clip(0, 1), SURE), np.float32)


def around(grid: Grid, side: Floats) -> tuple[Floats, Floats]:
    """The mean colour of a side around every cell, in levels, and by what weights it is there."""
    total, *sums = planes(wider(packed(weighted(side, grid.colours)), REACH))
    levels = np.float32(255) / (total + np.float32(1e-9))
    return packed([plane * levels for plane in sums]), total


def wider(planes: Floats, reach: int) -> Floats:
    """Sums of what is in a cell and, with less weight, in ever wider windows around it."""
    if not reach:
        return planes
    far = wider(tent(halved(planes)), reach - 1)
    return np.asarray(planes + np.float32(NEXT) * doubled(far, planes.shape), np.float32)


def unmixed(seen: RGB, mask: Mask, means: Sides, worth: Floats, *, strict: float) -> RGB:
    """F of I = α F + (1 − α) B, 0…255; `means`, written over, stand for F and B.

    What lies nearer to F than alpha says counts by what it looks like, for a map may miss a strand.
    How far the photo's colours give way is what the means are `worth`, 0…1.
    """
    apart, beyond = means
    cv2.accumulate(seen, beyond)
    distance = dotted(apart, apart)
    distance += np.float32(ALIKE)
    looks = dotted(beyond, apart)
    looks /= distance
    alpha = mask * np.float32(1 / 255)
    np.maximum(alpha, looks, out=alpha)
    cv2.threshold(alpha, 1, 0, cv2.THRESH_TRUNC, alpha)
    aside = dotted(beyond, beyond)
    aside /= distance
    aside -= np.square(looks, out=looks)
    aside *= np.float32(strict)
    aside += 1
    rest = 1 - alpha
    # F = F̄ + α r / D, for r = I − α F̄ − (1 − α) B̄ and D = α² + (1 − α)² + 1 − α: least changes of
    # F and B explain r. So F − I is (1 − α) / D times what follows.
    both = 1 + rest * (2 * rest - 1)
    share = rest * worth / (aside * both)
    apart *= triple(1 + rest)
    beyond *= triple(2 * rest)
    apart -= beyond
    apart *= triple(share)
    cv2.accumulate(seen, apart)
    return rounded(apart)
