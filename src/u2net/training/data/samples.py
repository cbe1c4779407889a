"""Packs and an order -> normalised samples; sample i depends on the seed and i alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from u2net.arrays import RGB, Mask
from u2net.preprocess import normalise
from u2net.task import Task
from u2net.training.data import augment
from u2net.training.data.composite import composite
from u2net.training.data.order import Draw
from u2net.training.data.pack_file import Pack
from u2net.training.recipe import Recipe
from u2net.weights.card import Card


class Sample(NamedTuple):
    """One training sample, or a batch of them with a leading dimension."""

    photo: Tensor
    """(3, size, size) float32, normalised as the card says."""
    truth: Tensor
    """(1, size, size) float32, 0…1, or numbers of classes; of multilabel (classes, size, size)."""
    stem: str | list[str]
    """Which pair it is: source/stem."""
    labelled: Tensor = torch.tensor(True)
    """() bool: whether people, or a renderer, made the truth, and no other network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasteboard:
    """What composites are made of."""

    cutouts: Sequence[Pack]
    backgrounds: Sequence[Pack]

    def sample(self, recipe: Recipe, rng: np.random.Generator) -> tuple[RGB, Mask, str]:
        """A composite, before colours change."""
        stem, rgb, alpha = any_of(self.cutouts, rng)
        _, canvas, _ = any_of(self.backgrounds, rng)
        return *composite(rgb, alpha, canvas, rng, size=recipe.size), f"composite/{stem}"


class Samples(Dataset[Sample]):
    """The samples of a run, looked up by their draw from the order."""

    def __init__(
        self,
        packs: Sequence[Pack],
        recipe: Recipe,
        card: Card,
        pasteboard: Pasteboard | None = None,
        *,
        labelled: Sequence[bool] = (),
    ) -> None:
        self.packs = packs
        self.labelled = labelled
        self.recipe = recipe
        self.card = card
        self.pasteboard = pasteboard

    def __getitem__(self, draw: Draw) -> Sample:
        sample, source, item = draw
        rng = np.random.default_rng((self.recipe.seed, 3, sample))
        rgb, mask, stem = self.pixels(source, item, rng)
        truth = torch.from_numpy(as_truth(mask, self.recipe.task))
        labelled = source >= len(self.labelled) or self.labelled[source]
        photo = torch.from_numpy(normalise(rgb, self.card))
        return Sample(photo, truth, stem, torch.tensor(labelled))

    def pixels(self, source: int, item: int, rng: np.random.Generator) -> tuple[RGB, Mask, str]:
        """The augmented sample, uint8, and its stem."""
        recipe = self.recipe
        if source == len(self.packs):
            assert self.pasteboard is not None
            rgb, mask, stem = self.pasteboard.sample(recipe, rng)
            return augment.degrade(augment.recolour(rgb, rng), rng), mask, stem
        pack = self.packs[source]
        rgb, mask = pack[item]
        stem = f"{pack.about.name}/{pack.about.stems[item]}"
        if recipe.augment == "strong":
            rgb, mask = augment.strong(
                rgb,
                mask,
                rng,
                size=recipe.size,
                smallest=recipe.smallest_crop,
                turn=recipe.turn,
                plain=recipe.plain,
                numbers=recipe.task == "multiclass",
            )
        else:
            rgb, mask = augment.paper(
                rgb, mask, rng, resize=recipe.resize, size=recipe.size, flip=recipe.flip
            )
        return rgb, mask, stem


def as_truth(mask: Mask, task: Task) -> NDArray[np.float32]:
    """A mask, (size, size[, classes]), as the planes of a sample."""
    if task == "multiclass":
        return mask.astype(np.float32)[None]
    planes = np.ascontiguousarray(np.atleast_3d(mask).transpose(2, 0, 1))
    return np.asarray(planes.astype(np.float32) / np.float32(255))


def any_of(packs: Sequence[Pack], rng: np.random.Generator) -> tuple[str, RGB, Mask]:
    """Any item: its pack by equal chance, so that a small folder counts as much as a large one."""
    pack = packs[int(rng.integers(len(packs)))]
    number = int(rng.integers(len(pack)))
    return pack.about.stems[number], *pack[number]


def collate(samples: list[Sample]) -> Sample:
    """Samples -> one batch."""
    return Sample(
        torch.stack([sample.photo for sample in samples]),
        torch.stack([sample.truth for sample in samples]),
        [str(sample.stem) for sample in samples],
        torch.stack([sample.labelled for sample in samples]),
    )
