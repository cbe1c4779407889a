"""Mask and photo -> mask whose edges are the photo's, at full resolution, in the band alone."""

from collections.abc import Sequence

import cv2
import numpy as np

from u2net.arrays import RGB, Mask
from u2net.edges.discriminant import discriminant, dot
from u2net.edges.grid import Floats, grown, shrunk
from u2net.edges.strips import Inside, each, strips

REACHES = (3, 2)
"""How far the windows of each look reach: what the first finds out lets the second look closer."""

MARGIN = 5.0
"""Standard deviation, in cells, by which the band reaches beyond what the map leaves open."""


def guided(rgb: RGB, mask: Mask, step: int) -> Mask:
    """`mask`, 0…255, with the edges of `rgb`, of the same size; a cell of it is `step` pixels wide.

    Where no edge is near, or colours do not tell, it is as before; a mask without any edge is given
    back itself.
    """
    coarse = shrunk(mask, step) * np.float32(1 / 255)
    doubt = doubtful(coarse)
    if not doubt.any():
        return mask
    colours = [plane * np.float32(1 / 255) for plane in cv2.split(shrunk(rgb, step))]
    alpha = coarse
    for reach in REACHES:
        found = discriminant(colours, alpha, reach=reach)
        trust = found.trust * doubt
        slope = [plane * trust for plane in found.slope]
        offset = found.offset * trust + (1 - trust) * alpha
        alpha = (dot(slope, colours) + offset).clip(0, 1)
    return changed(rgb, mask, [*slope, (offset - coarse) * np.float32(255)], step)


def doubtful(alpha: Floats) -> Floats:
    """The band: how far a photo has a say in the map, 0…1; 0 far from its edges."""
    near = cv2.GaussianBlur(alpha, (0, 0), MARGIN, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((8 * near * (1 - near) - 0.05).clip(0, 1), np.float32)


def changed(rgb: RGB, mask: Mask, planes: Sequence[Floats], step: int) -> Mask:
    """`mask` plus red, green and blue times the first three planes, plus the fourth.

    The planes are of a grid of `step`; away from their cells that are not 0 nothing changes.
    """
    out: Mask = mask.copy()

    def change(inside: Inside) -> None:
        *slope, total = (grown(plane, step, inside) for plane in planes)
        for one, channel in zip(slope, cv2.split(rgb[inside]), strict=True):
            product = cv2.multiply(one, channel, dtype=cv2.CV_32F)
            total = np.asarray(cv2.add(total, product), np.float32)
        out[inside] = cv2.add(mask[inside], total, dtype=cv2.CV_8U)

    each(change, strips(np.any([plane != 0 for plane in planes], axis=0), step, mask.shape))
    return out
