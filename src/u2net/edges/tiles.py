"""Tiles that overlap -> planes of the whole picture, a few lines at a time, without a seam.

What tiles find where they overlap is mixed: the weight of each falls evenly to nothing across its
border, while that of its neighbour rises, so that both always sum to 1.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from u2net.edges.grid import Floats
from u2net.edges.strips import Inside, each

SIDE = 256
"""Pixels along a tile, without what it overlaps by: and a tenth of a gigabyte for its system."""
MARGIN = 64
"""Pixels by which a tile overlaps each neighbour's own part."""


def tiled(
    found: Callable[[Inside], Floats],
    wanted: NDArray[np.bool_],
    *,
    side: int = SIDE,
    margin: int = MARGIN,
) -> Iterator[tuple[slice, Floats]]:
    """What `found` makes of every tile in which a pixel is `wanted`, mixed: lines and their values.

    Elsewhere values are 0. Lines come in order, those where nothing is wanted are left out.
    """
    height, width = wanted.shape
    lines = np.zeros((side + 2 * margin, width), np.float32)
    for top in range(0, height + margin, side):
        down = Span(top, side, margin, height)
        # Below the picture there is nothing to find, only lines to give that are not given yet.
        lefts = range(0, width, side) if top < height else ()
        row = [Span(left, side, margin, width) for left in lefts]
        row = [across for across in row if wanted[down.reach, across.reach].any()]
        parts = ((down.reach, across.reach) for across in row)
        first = down.reach.start - top + margin
        for across, values in zip(row, each(found, parts), strict=True):
            weighted = values * down.weights[:, None] * across.weights
            lines[first : first + len(values), across.reach] += weighted
        done = slice(max(0, top - margin), min(top + side - margin, height))
        if wanted[done].any():
            yield done, lines[done.start - top + margin :][: done.stop - done.start]
        lines = np.concatenate([lines[side:], np.zeros((side, width), np.float32)])


class Span(NamedTuple):
    """A tile along one axis, in pixels."""

    start: int
    side: int
    margin: int
    end: int
    """Of the picture."""

    @property
    def reach(self) -> slice:
        """Its pixels and those it overlaps by, as far as the picture goes."""
        stop = min(self.start + self.side + self.margin, self.end)
        return slice(max(0, self.start - self.margin), stop)

    @property
    def weights(self) -> Floats:
        """How much what it found counts, 0…1; near its own border, which it judges by less, 0."""
        at = np.arange(self.end)[self.reach] + 0.5
        rising = (at - self.start) / self.margin + 0.5 if self.start else np.ones(len(at))
        stop = self.start + self.side
        falling = (stop - at) / self.margin + 0.5 if stop < self.end else np.ones(len(at))
        return np.minimum(rising, falling).clip(0, 1).astype(np.float32)
