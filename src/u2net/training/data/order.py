"""Which item is sample i: a pure function of the seed and i.

A pass holds `round(weight × items)` samples of each source. Each source is walked in shuffled laps
of its own, so every item comes equally often whatever its source's weight; the samples of a pass
are then shuffled together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Draw = tuple[int, int, int]
"""Sample number, source, item."""


@dataclass(frozen=True, slots=True)
class Order:
    """The endless order of the samples of some sources."""

    seed: int
    items: tuple[int, ...]
    """How many items each source has."""
    counts: tuple[int, ...]
    """How many samples of each source a pass holds."""

    @property
    def length(self) -> int:
        """Samples of one pass."""
        return sum(self.counts)

    def __getitem__(self, sample: int) -> Draw:
        """Source and item of a sample of any pass."""
        lap, place = divmod(sample, self.length)
        source, item = shuffled(self, lap)[place]
        return sample, int(source), int(item)


def counts(items: tuple[int, ...], weights: tuple[float, ...]) -> tuple[int, ...]:
    """Samples a pass holds of each source, at least one."""
    return tuple(max(1, round(n * w)) for n, w in zip(items, weights, strict=True))


@lru_cache(maxsize=2)
def shuffled(order: Order, number: int) -> NDArray[np.int64]:
    """All samples of pass `number`, (length, 2): source and item."""
    rows = [
        (source, item_at(order.seed, source, size, number * count + place))
        for source, (size, count) in enumerate(zip(order.items, order.counts, strict=True))
        for place in range(count)
    ]
    generator = np.random.default_rng((order.seed, 1, number))
    return generator.permutation(np.array(rows, np.int64))


def item_at(seed: int, source: int, size: int, place: int) -> int:
    """The item at a place of the endless walk through one source."""
    lap, within = divmod(place, size)
    return int(walk(seed, source, size, lap)[within])


@lru_cache(maxsize=256)
def walk(seed: int, source: int, size: int, lap: int) -> NDArray[np.int64]:
    """One shuffled lap through a source."""
    return np.random.default_rng((seed, 2, source, lap)).permutation(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """The batches of one rank from some batch on; all ranks together leave no gap in the order."""

    order: Order
    batch: int
    first: int
    """Number of the first batch: how many this rank has had already."""
    last: int
    """Number after the last batch."""
    rank: int = 0
    ranks: int = 1

    def __iter__(self) -> Iterator[list[Draw]]:
        for number in range(self.first, self.last):
            start = (number * self.ranks + self.rank) * self.batch
            yield [self.order[sample] for sample in range(start, start + self.batch)]
