"""Cells that matter -> parts of the picture, worked on one by one or several at a time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.machine.cores import cores

Inside: TypeAlias = tuple[slice, slice]
"""Lines and columns of pixels."""

Result = TypeVar("Result")

LINES = 192
"""Lines at a time, or those of one cell."""
ACROSS = 1024
"""Columns at a time: of narrower blocks, threads wait for each other's interpreter instead."""
_GAP = 4
"""Cells without meaning between two that matter, from which a part ends."""
_THREADS = min(4, cores())
_MANY = 1 << 19
"""Pixels from which threads pay."""


def strips(
    cells: NDArray[np.bool_], step: int, size_hw: tuple[int, int], *, lines: int = LINES
) -> Iterator[Inside]:
    """The parts of a picture in which cells are true, or next to one that is.

    Each begins with a cell of `step` pixels and is `lines` high, as far as the picture goes.
    """
    near = cv2.dilate(cells.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    height, width = size_hw
    high = max(step, lines // step * step)
    for top in range(0, height, high):
        stop = min(top + high, height)
        at = np.flatnonzero(near[top // step : -(-stop // step)].any(axis=0))
        for run in np.split(at, np.flatnonzero(np.diff(at) > _GAP) + 1):
            if run.size:
                left, right = int(run[0]) * step, min((int(run[-1]) + 1) * step, width)
                yield slice(top, stop), slice(left, right)


def blocks(inside: Inside, step: int) -> Iterator[Inside]:
    """A part, column after column of blocks; each begins with a cell of `step` pixels."""
    lines, columns = inside
    wide = max(step, ACROSS // step * step)
    for left in range(columns.start, columns.stop, wide):
        yield lines, slice(left, min(left + wide, columns.stop))


def each(function: Callable[[Inside], Result], parts: Iterator[Inside]) -> list[Result]:
    """What `function` makes of every part, in order; several at a time where that is worth it."""
    found = list(parts)
    pixels = sum((a.stop - a.start) * (b.stop - b.start) for a, b in found)
    if pixels < _MANY or _THREADS == 1:
        return [function(part) for part in found]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="u2net-edges") as pool:
        return list(pool.map(function, found))
