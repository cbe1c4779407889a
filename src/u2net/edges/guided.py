"""Mask and photo -> mask whose edges are the photo's, at full resolution, in the band alone."""

from collections.abc import Sequence

import cv2
import numpy as np

from u2net.arrays import Mask
from u2net.edges.discriminant import discriminant, dot
from u2net.edges.grid import Floats, Grid, grown, packed, shrunk
from u2net.edges.pixels import UNSEEN, dotted, rounded
from u2net.edges.strips import Inside, blocks, each, strips

REACHES = (3, 2)
"""How far the windows of each look reach: what the first finds out lets the second look closer."""

MARGIN = 5.0
"""Standard deviation, in cells, by which the band reaches beyond what the map leaves open."""


def guided(grid: Grid, mask: Mask) -> Mask:
    """`mask`, 0…255, with the edges of the photo of `grid`, of the same size.

    Where no edge is near, or colours do not tell, it is as before; a mask without any edge is given
    back itself.
    """
    coarse = shrunk(mask, grid.step) * np.float32(1 / 255)
    doubt = doubtful(coarse)
    if not doubt.any():
        return mask
    colours, alpha = grid.colours, coarse
    for reach in REACHES:
        found = discriminant(colours, alpha, reach=reach)
        trust = found.trust * doubt
        trust[trust < UNSEEN] = 0
        slope = [plane * trust for plane in found.slope]
        offset = found.offset * trust + (1 - trust) * alpha
        alpha = (dot(slope, colours) + offset).clip(0, 1)
    return changed(grid, mask, slope, (offset - coarse) * np.float32(255))


def doubtful(alpha: Floats) -> Floats:
    """The band: how far a photo has a say in the map, 0…1; 0 far from its edges."""
    near = cv2.GaussianBlur(alpha, (0, 0), MARGIN, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((8 * near * (1 - near) - 0.05).clip(0, 1), np.float32)


def changed(grid: Grid, mask: Mask, planes: Sequence[Floats], offset: Floats) -> Mask:
    """`mask` plus red, green and blue times the planes of each, plus `offset`.

    All are of the cells of `grid`; away from those that are not 0 nothing changes.
    """
    out: Mask = mask.copy()
    slope = packed(planes)

    def change(inside: Inside) -> None:
        for block in blocks(inside, grid.step):
            total = grown(offset, grid.step, block)
            total += dotted(grown(slope, grid.step, block), grid.rgb[block].astype(np.float32))
            cv2.accumulate(mask[block], total)
            out[block] = rounded(total)

    matter = np.any([plane != 0 for plane in (*planes, offset)], axis=0)
    each(change, strips(matter, grid.step, mask.shape))
    return out
