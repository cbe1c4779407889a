"""The held-out set: pictures as in serving, maps scored at the truth's own size."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from u2net.arrays import Mask
from u2net.classes import class_map, class_planes
from u2net.mask import to_mask
from u2net.network.activation import activated
from u2net.preprocess import to_input
from u2net.task import Task
from u2net.training.data.pack_file import Pack
from u2net.weights.card import Card

Thing = TypeVar("Thing")


class Scored(NamedTuple):
    """One validation picture."""

    photo: Tensor
    """(3, height, width) float32, at the size of the card."""
    truth: Mask
    """(height, width[, classes]) uint8, at its own size."""


class Validation(Dataset[Scored]):
    """Every `ranks`-th of `pictures` pictures spread evenly over a pack."""

    def __init__(
        self, pack: Pack, card: Card, *, pictures: int, rank: int = 0, ranks: int = 1
    ) -> None:
        chosen = spread(range(len(pack)), pictures)
        self.pack, self.card, self.chosen = pack, card, chosen[rank::ranks]

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, number: int) -> Scored:
        rgb, truth = self.pack[self.chosen[number]]
        return Scored(torch.from_numpy(to_input(rgb, self.card)), np.array(truth))


def spread(things: Sequence[Thing], count: int) -> tuple[Thing, ...]:
    """`count` of `things`, evenly spread; all when `count` is 0 or more than there are."""
    count = min(count or len(things), len(things))
    return tuple(things[round(at)] for at in np.linspace(0, len(things) - 1, count))


def found_in(logits: Tensor, size_hw: tuple[int, int], task: Task) -> NDArray[Any]:
    """What the product would find by logits (1, maps, height, width): the mask, the class map, or
    the planes of the classes, (height, width, classes)."""
    maps = activated(logits.float(), task)[0].cpu().numpy()
    if task == "saliency":
        return to_mask(maps[0], size_hw)
    if task == "multiclass":
        return class_map(maps, size_hw, exclusive=True)
    return class_planes(maps, size_hw)
