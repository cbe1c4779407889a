"""Full-size picture <-> a grid of square cells, so aligned that any part can be had alone.

The side of a cell is a power of two: so a part of the grid, enlarged, is bit for bit that part of
the whole grid enlarged, and pictures are worked on a few lines at a time without a seam.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB

Floats = NDArray[np.float32]
"""One value a cell or a pixel, (height, width), or several, (height, width, values)."""

Values = TypeVar("Values", NDArray[np.uint8], NDArray[np.float32])


@dataclass(frozen=True)
class Grid:
    """A photo, and what its cells are like, which is found out once for all who ask."""

    rgb: RGB
    step: int
    """Pixels along a cell, a power of two."""

    @cached_property
    def colours(self) -> tuple[Floats, Floats, Floats]:
        """Red, green and blue of the cells, the means of their pixels, 0…1."""
        means = shrunk(self.rgb, self.step) * np.float32(1 / 255)
        red, green, blue = planes(means)
        return red, green, blue


def planes(several: Floats) -> list[Floats]:
    """The values of every place, plane by plane."""
    return [np.asarray(plane, np.float32) for plane in cv2.split(several)]


def packed(several: Sequence[Floats]) -> Floats:
    """Planes as one array: for each alone, calls on small grids take longer than what they do."""
    return np.asarray(cv2.merge(several), np.float32)


def step_for(size_hw: tuple[int, int], map_hw: tuple[int, int]) -> int:
    """Pixels along a cell: the power of two nearest to those of a map of `map_hw` at `size_hw`."""
    across, down = size_hw[1] / map_hw[1], size_hw[0] / map_hw[0]
    return 1 << max(0, round(float(np.log2(np.sqrt(across * down)))))


def shrunk(pixels: Values, step: int) -> Values:
    """The means over cells of `step` × `step`; those that stand over are of what there is."""
    while step > 1:
        pixels = halved(pixels)
        step //= 2
    return pixels


def halved(pixels: Values) -> Values:
    """The means over squares of 2 × 2; beyond the frame its last pixels go on."""
    rows, columns = (-(-side // 2) for side in pixels.shape[:2])
    odd_h, odd_w = (side % 2 for side in pixels.shape[:2])
    if not odd_h and not odd_w:
        return averaged(pixels)
    means = np.empty((rows, columns, *pixels.shape[2:]), pixels.dtype)
    # What stands over is done apart: to copy all of a large picture would cost more.
    for lines in (slice(0, rows - odd_h), slice(rows - odd_h, rows)):
        for part in (slice(0, columns - odd_w), slice(columns - odd_w, columns)):
            square = pixels[2 * lines.start : 2 * lines.stop, 2 * part.start : 2 * part.stop]
            if square.size:
                over = square.shape[0] % 2, square.shape[1] % 2
                if any(over):
                    around = 0, over[0], 0, over[1], cv2.BORDER_REPLICATE
                    square = np.asarray(cv2.copyMakeBorder(square, *around), pixels.dtype)
                means[lines, part] = averaged(square)
    return means


def averaged(pixels: Values) -> Values:
    """The means over squares of 2 × 2; all are whole."""
    size = pixels.shape[1] // 2, pixels.shape[0] // 2
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small.reshape(size[1], size[0], *pixels.shape[2:]), pixels.dtype)


def grown(plane: Floats, step: int, inside: tuple[slice, slice]) -> Floats:
    """Lines and columns of `plane` enlarged bilinearly by `step`; a cell's value is its middle's.

    Both begin with a cell; what they reach over the grid's end is left out.
    """
    if step == 1:
        return np.array(plane[inside])
    # One cell more on every side: up to the middle of a cell all leans on the one before. Beyond
    # the grid its last cells go on.
    ends = [(s.start // step - 1, -(-s.stop // step) + 1) for s in inside]
    sides = plane.shape[:2]
    part = plane[tuple(slice(max(0, first), last) for first, last in ends)]
    before = [int(first < 0) for first, _ in ends]
    after = [max(0, last - side) for (_, last), side in zip(ends, sides, strict=True)]
    if any(before + after):
        around = before[0], after[0], before[1], after[1]
        part = np.asarray(cv2.copyMakeBorder(part, *around, cv2.BORDER_REPLICATE), np.float32)
    # Columns first, of few lines: what is then cut off lines alone is in one piece, and sums and
    # products of pieces are made three times as fast as of parts.
    height, width = (s.stop - s.start for s in inside)
    across = cv2.resize(part, (part.shape[1] * step, part.shape[0]))[:, step : step + width]
    large = cv2.resize(np.ascontiguousarray(across), (width, part.shape[0] * step))
    return np.asarray(large[step : step + height], np.float32)


def doubled(plane: Floats, size_hw: tuple[int, ...]) -> Floats:
    """All of `plane`, enlarged by two to `size_hw`."""
    return grown(plane, 2, (slice(0, size_hw[0]), slice(0, size_hw[1])))
