"""Two looks of the network, one at all of a photo, one at the object and around it -> one mask.

Of a small object the network sees few pixels, and its map has few cells for it. A second look, at
the box of the object with a margin, sees more. It may see another thing for the object there; so
where the two do not agree, the first counts alone.
"""

from math import ceil, floor

import cv2
import numpy as np

from u2net.arrays import Box, Mask, Saliency
from u2net.edges.grid import Floats

SMALL = 0.3
"""Share of the picture up to which an object's box is looked at again. By measurement on ECSSD:
below, outlines come nearer to the truth; from 0.45 on they do not."""
MARGIN = 0.25
"""Around the box, of its sides; most of it is where the looks are mixed."""
SEEN = 0.3
"""Saliency from which a cell is of the object's box."""
AGREED = 0.7
"""IoU of the two looks, in the box, from which the second counts."""


def second_look(saliency: Saliency, size_hw: tuple[int, int]) -> Box | None:
    """The part of a picture of `size_hw` to look at again, by its map, 0…1; None where none is."""
    left, top, wide, high = cv2.boundingRect((saliency > SEEN).astype(np.uint8))
    rows, columns = saliency.shape
    if not wide or wide * high > SMALL * rows * columns:
        return None
    inside = []
    for start, length, cells, pixels in (
        (left, wide, columns, size_hw[1]),
        (top, high, rows, size_hw[0]),
    ):
        first = floor((start - MARGIN * length) * pixels / cells)
        last = ceil((start + (1 + MARGIN) * length) * pixels / cells)
        inside.append((max(0, first), min(pixels, last)))
    (left, right), (top, bottom) = inside
    return Box(left, top, right - left, bottom - top)


def joined(mask: Mask, closer: Mask, box: Box) -> Mask:
    """`mask`, 0…255, with what the second look says in `box`, of the size of `box`.

    Towards the borders of the box, but for those of the picture, it counts less and less. Where
    the two do not agree on the object `mask` is given back itself.
    """
    before = mask[box.inside]
    either = np.count_nonzero((before > 127) | (closer > 127))
    if np.count_nonzero((before > 127) & (closer > 127)) <= AGREED * either:
        return mask
    down, across = (rising(span, end) for span, end in zip(box.inside, mask.shape, strict=True))
    out: Mask = mask.copy()
    for line, weight in enumerate(down):
        mixed = before[line] + weight * across * (closer[line].astype(np.float32) - before[line])
        out[box.top + line, box.inside[1]] = np.rint(mixed)
    return out


def rising(inside: slice, end: int) -> Floats:
    """The weight along one axis, 0…1: even, but rising from a border within the picture."""
    length = inside.stop - inside.start
    at = (np.arange(length, dtype=np.float32) + 0.5) / (max(1.0, 0.4 * MARGIN * length))
    weights = np.ones(length, np.float32)
    if inside.start > 0:
        weights = np.minimum(weights, at)
    if inside.stop < end:
        weights = np.minimum(weights, at[::-1])
    return weights
