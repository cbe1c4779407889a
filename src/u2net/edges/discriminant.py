"""Photo and map on one grid -> how colours tell object from background, place by place.

In every window the colours of what is surely object and of what is surely background have their
means and one common spread. Fisher's linear discriminant (1936) leads from a colour to 0 at the
mean of the background and to 1 at that of the object. It has the direction that the guided filter
(He et al., "Guided Image Filtering", PAMI 2013) finds for a hard map, but is learnt from sure
pixels alone and not drawn towards their mean.
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np

from u2net.edges.grid import Floats, doubled, grown, halved, packed, planes

PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
"""Channels whose products are averaged."""

SPREAD = 3e-4
"""Variance of colours, 0…1, that is reckoned with everywhere: 4 levels of noise."""
HALF_TRUST = 6.0
"""Squared distance of the means, in units of the spread, at which colour counts half."""
ERROR = 0.1
"""Mean squared error on sure pixels from which colour counts nothing."""
SCARCE = 0.02
"""Share of a window from which a side has enough sure pixels."""
CLIPPED = 0.12
"""So near to 0 and to 1 alpha is taken for 0 and 1: else the spread of colours shows as a veil."""
FAR = 0.1
"""Weight of wide windows beside narrow ones: enough where those hold one side only."""

TENT = np.array([1, 2, 3, 2, 1], np.float32) / 9


class Discriminant(NamedTuple):
    """alpha = colour · slope + offset; planes of one grid."""

    slope: tuple[Floats, Floats, Floats]
    """For red, green and blue."""
    offset: Floats
    trust: Floats
    """How far to go by it, 0…1."""

    def alpha(self, colours: Sequence[Floats]) -> Floats:
        """What it makes of colours, 0…1; may go beyond 0…1 itself."""
        return np.asarray(dot(self.slope, colours) + self.offset, np.float32)


def discriminant(colours: Sequence[Floats], alpha: Floats, *, reach: int) -> Discriminant:
    """What tells the sides apart, of red, green and blue and a map of one grid, all 0…1.

    Windows are some 10 cells wide, and 10 << `reach` where those do not show both sides.
    """
    ours, theirs = sides(alpha)
    known = ours + theirs
    products = [colours[i] * colours[j] * known for i, j in PAIRS]
    packs = *(weighted(side, colours) for side in (ours, theirs)), products[:3], products[3:]
    coarse = fisher(*(planes(windowed(packed(pack), reach)) for pack in packs))
    red, green, blue, offset, trust = (
        doubled(plane, alpha.shape) for plane in (*coarse.slope, coarse.offset, coarse.trust)
    )
    found = Discriminant((red, green, blue), offset, trust)
    # What the map only half believes in counts as wrong, whatever colours say: it stays as it is.
    wrong = (found.alpha(colours).clip(0, 1) - ours) ** 2 * known
    seen = tent(tent(halved(known))) + np.float32(1e-3)
    right = (1 - tent(tent(halved(wrong))) / (seen * np.float32(ERROR))).clip(0, 1)
    return found._replace(trust=trust * doubled(right, alpha.shape))


def sides(alpha: Floats) -> tuple[Floats, Floats]:
    """How surely a cell is of the object, and of the background, each 0…1."""
    away = 2 * alpha - 1
    return np.square(away.clip(0, 1)), np.square((-away).clip(0, 1))


def weighted(side: Floats, colours: Sequence[Floats]) -> list[Floats]:
    """The weight of a side, and the colours times it: means of both give the mean colour."""
    return [side, *(colour * side for colour in colours)]


def windowed(plane: Floats, reach: int) -> Floats:
    """Means in narrow windows, and a little of those in wide ones, at every second cell."""
    near = far = halved(plane)
    for _ in range(reach):
        far = halved(far)
    inside = slice(0, near.shape[0]), slice(0, near.shape[1])
    wide = grown(tent(far), 1 << reach, inside)
    return np.asarray(tent(near) + np.float32(FAR) * wide, np.float32)


def tent(plane: Floats) -> Floats:
    """Means over 5 × 5 cells, weighted as a tent: square windows would show as lines."""
    means = cv2.sepFilter2D(plane, -1, TENT, TENT, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(means, np.float32)


def fisher(
    ours: Sequence[Floats], theirs: Sequence[Floats], *products: Sequence[Floats]
) -> Discriminant:
    """The discriminant of windows: means of both sides, `weighted`, and of products as `PAIRS`."""
    few = np.float32(1e-5)
    mean, behind = ([plane / (side[0] + few) for plane in side[1:]] for side in (ours, theirs))
    total = ours[0] + theirs[0] + few
    share, other = ours[0] / total, theirs[0] / total
    spread = [
        product / total - share * mean[i] * mean[j] - other * behind[i] * behind[j]
        for product, (i, j) in zip(chain(*products), PAIRS, strict=True)
    ]
    for diagonal in (0, 3, 5):
        spread[diagonal] += np.float32(SPREAD)
    apart = [one - another for one, another in zip(mean, behind, strict=True)]
    direction = solved(spread, apart)
    distance = np.maximum(dot(direction, apart), np.float32(1e-6))
    scale = 1 / (distance * np.float32(1 - 2 * CLIPPED))
    red, green, blue = (plane * scale for plane in direction)
    offset = -dot((red, green, blue), behind) - np.float32(CLIPPED / (1 - 2 * CLIPPED))
    enough = (np.minimum(ours[0], theirs[0]) / np.float32(SCARCE)).clip(0, 1)
    trust = enough * distance / (distance + np.float32(HALF_TRUST))
    return Discriminant((red, green, blue), offset, trust)


def solved(matrix: Sequence[Floats], right: Sequence[Floats]) -> list[Floats]:
    """x of matrix · x = right at every place, by Cramer's rule; the symmetric matrix as `PAIRS`."""
    rr, rg, rb, gg, gb, bb = matrix
    first = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    second = first[1], rr * bb - rb * rb, rb * rg - rr * gb
    third = first[2], second[2], rr * gg - rg * rg
    determinant = dot((rr, rg, rb), first)
    return [dot(row, right) / determinant for row in (first, second, third)]


def dot(one: Sequence[Floats], other: Sequence[Floats]) -> Floats:
    """The sum of the products of three planes and three."""
    return np.asarray(one[0] * other[0] + one[1] * other[1] + one[2] * other[2], np.float32)
