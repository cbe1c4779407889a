"""One data set -> a part to train on and a part that is held out."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

import numpy as np

from u2net.errors import DatasetError


class Named(Protocol):
    """What has a stem, such as a pair."""

    @property
    def stem(self) -> str: ...


Item = TypeVar("Item", bound=Named)
Group = Callable[[str], str]
"""Stem -> what it belongs to: all pictures of a group are on one side."""

FEWEST = 8
"""Groups from which they are worth parting by: fewer would make a side of one or two things."""

_NUMBER = re.compile(r"[-_ .]?\(?\d+\)?$")


def split(
    pairs: Sequence[Item], share: float, seed: int, group: Group | None = None
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The pairs to train on and those held out, about `share` of them, 0…1; the order stays.

    Whole groups are drawn by `seed`, so that frames of one film or views of one car never lie on
    both sides; without `group` by `by_name`. Raises `DatasetError` where either side would be
    empty.
    """
    if not 0 < share < 1:
        raise DatasetError(
            f"a share of {share:g} cannot be held out; give more than 0, less than 1"
        )
    name = group or by_name([pair.stem for pair in pairs])
    groups = sorted({name(pair.stem) for pair in pairs})
    sizes = {one: 0 for one in groups}
    for pair in pairs:
        sizes[name(pair.stem)] += 1
    wanted = max(1, round(share * len(pairs)))
    held_out: set[str] = set()
    count = 0
    for number in np.random.default_rng((seed, 4)).permutation(len(groups)):
        size = sizes[groups[number]]
        # A group that would overshoot by more than leaving it out undershoots is passed over.
        if count < wanted and count + size - wanted <= wanted - count:
            held_out.add(groups[number])
            count += size
    if not 0 < count < len(pairs):
        raise DatasetError(
            f"{len(pairs)} pictures in {len(groups)} groups cannot be parted by a share of "
            f"{share:g}; hold out a set of its own"
        )
    sides = [
        tuple(p for p in pairs if (name(p.stem) in held_out) is side) for side in (False, True)
    ]
    return sides[0], sides[1]


def by_name(stems: Sequence[str]) -> Group:
    """The group of a stem, as far as names have groups.

    A folder is a group; else the name without the number at its end (`bear_00005` -> `bear`, as of
    films and of views). Where that makes less than eight groups, or a group of every picture, names
    say nothing and each picture is on its own.
    """

    def prefix(stem: str) -> str:
        folder = str(PurePosixPath(stem).parent)
        return folder if folder != "." else _NUMBER.sub("", stem)

    if len({prefix(stem) for stem in stems}) < FEWEST:
        return str
    return prefix
