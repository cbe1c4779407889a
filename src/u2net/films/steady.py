"""Maps of neighbouring frames that agree where the film does.

A temporal filter along the motion, as in the reduction of noise in films (Dubois and Sabri, "Noise
reduction in image sequences using motion-compensated temporal filtering", IEEE Trans.
Communications 32(7), 1984), here for what a network says. It looks as far ahead as back, so that
what changes is neither late nor early.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from u2net.arrays import RGB, Saliency
from u2net.films.motion import Floats, Ways, ways_between
from u2net.films.options import EVERY

REACH = EVERY - 1
"""Frames, to either side, that a map is drawn to: one that the network judged is among them."""

Item = TypeVar("Item")


class Looked(NamedTuple, Generic[Item]):
    """A frame on its way."""

    item: Item
    seen: RGB
    """(H, W, 3), at the size of the map."""
    saliency: Saliency | None
    """(H, W); None where the network was not asked."""


class _Step(NamedTuple):
    """What is left of a frame when it is given."""

    said: Floats
    """(H, W, 2): saliency times its weight, and the weight: 1, or 0 where there is none."""
    ways: Ways | None
    """To and from the frame before; None where there is none, or another scene."""


def steadied(
    frames: Iterable[Looked[Item]],
    ask: Callable[[Item], Saliency],
    *,
    smooth: bool = True,
) -> Generator[tuple[Item, Saliency], None, None]:
    """Each of `frames` with its map, drawn to those of its neighbours along the motion.

    Maps that are missing are carried in from the neighbours; the network is asked (`ask`) where
    there are none of the same scene. Without `smooth` the others stay as they are. `REACH` frames
    are held besides the one that is given.
    """
    waiting: deque[Looked[Item]] = deque()
    window: deque[_Step] = deque()

    def result() -> tuple[Item, Saliency]:
        at = len(window) - len(waiting)
        item, _, saliency = waiting.popleft()
        kept = None if smooth else saliency
        return item, _agreed(window, at) if kept is None else kept

    for looked, step in _followed(frames, ask):
        waiting.append(looked)
        window.append(step)
        if len(waiting) > REACH:
            yield result()
        if len(window) > 2 * REACH:
            window.popleft()
    while waiting:
        yield result()


def _followed(
    frames: Iterable[Looked[Item]], ask: Callable[[Item], Saliency]
) -> Iterator[tuple[Looked[Item], _Step]]:
    before: RGB | None = None
    for looked in frames:
        ways = None if before is None else ways_between(before, looked.seen)
        if ways is None and looked.saliency is None:
            looked = looked._replace(saliency=ask(looked.item))
        before = looked.seen
        yield looked, _Step(_weighted(looked), ways)


def _weighted(looked: Looked[Item]) -> Floats:
    if looked.saliency is None:
        return np.zeros((*looked.seen.shape[:2], 2), np.float32)
    return np.dstack([looked.saliency, np.ones_like(looked.saliency)])


def _agreed(window: deque[_Step], at: int) -> Saliency:
    """The map of the frame at place `at`."""
    first, last = max(0, at - REACH), min(len(window) - 1, at + REACH)
    past = ((window[n].said, window[n + 1].ways, 0) for n in range(first, at))
    future = ((window[n].said, window[n].ways, 1) for n in range(last, at, -1))
    total = window[at].said + _carried(past) + _carried(future)
    return np.asarray(total[..., 0] / total[..., 1], np.float32)


def _carried(steps: Iterable[tuple[Floats, Ways | None, int]]) -> Floats | float:
    """What was said of frames that follow each other, as it weighs in the one after the last."""
    total: Floats | float = 0.0
    for said, ways, side in steps:
        total = ways[side](said + total) if ways else 0.0
    return total
