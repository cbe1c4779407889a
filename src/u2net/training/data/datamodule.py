"""Sources, packs and loaders of a run, as Lightning's Trainer wants them."""

from collections.abc import Sequence
from typing import Any

import cv2
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

from u2net.training.data.order import Batches, Order, counts
from u2net.training.data.pack import Pack
from u2net.training.data.samples import Pasteboard, Samples, collate
from u2net.training.data.validation import Scored, Validation
from u2net.training.recipe import Recipe
from u2net.weights.card import Card


class Data(LightningDataModule):
    """Training samples from where the run stands, and the validation pictures."""

    def __init__(
        self,
        recipe: Recipe,
        card: Card,
        packs: Sequence[Pack],
        weights: Sequence[float],
        *,
        pasteboard: Pasteboard | None = None,
        val: Sequence[Pack] = (),
    ) -> None:
        super().__init__()
        self.recipe, self.card, self.val = recipe, card, val
        self.samples = Samples(packs, recipe, card, pasteboard)
        self.order = ordered(recipe, [len(pack) for pack in packs], weights)

    def steps(self, ranks: int) -> int:
        """Steps of the optimiser in the whole run."""
        step = self.recipe.batch * self.recipe.accumulate * ranks
        return self.recipe.steps or max(1, round(self.recipe.epochs * self.order.length / step))

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches after those that the optimiser has had: a resumed run goes on with the next."""
        recipe, trainer = self.recipe, self.trainer
        assert trainer is not None
        batches = Batches(
            order=self.order,
            batch=recipe.batch,
            first=trainer.global_step * recipe.accumulate,
            last=self.steps(trainer.world_size) * recipe.accumulate,
            rank=trainer.global_rank,
            ranks=trainer.world_size,
        )
        return self.loader(batches, pinned=trainer.strategy.root_device.type == "cuda")

    def loader(self, batches: Batches, *, pinned: bool = False) -> DataLoader[Any]:
        """The samples of `batches`, made ahead by the recipe's workers."""
        recipe = self.recipe
        return DataLoader(
            self.samples,
            batch_sampler=batches,
            collate_fn=collate,
            # A generator of its own: starting the loader must not move the run's.
            generator=torch.Generator(),
            num_workers=recipe.workers,
            worker_init_fn=one_thread,
            pin_memory=pinned,
            prefetch_factor=4 if recipe.workers else None,
        )

    def val_dataloader(self) -> list[DataLoader[Scored]]:
        """One loader for each validation set, of this rank's share."""
        trainer = self.trainer
        assert trainer is not None
        return [
            DataLoader(
                Validation(
                    pack,
                    self.card,
                    pictures=self.recipe.val_pictures,
                    rank=trainer.global_rank,
                    ranks=trainer.world_size,
                ),
                # Truths keep their own sizes, so they cannot be stacked.
                batch_size=None,
                collate_fn=as_it_is,
            )
            for pack in self.val
        ]


def ordered(recipe: Recipe, items: Sequence[int], weights: Sequence[float]) -> Order:
    """The order of the samples; composites are one more source."""
    shares = counts(tuple(items), tuple(weights))
    sizes = tuple(items)
    if recipe.composites:
        pasted = round(sum(shares) * recipe.composites / (1 - recipe.composites))
        shares, sizes = (*shares, pasted), (*sizes, pasted)
    return Order(recipe.seed, sizes, shares)


def one_thread(worker: int) -> None:
    """A worker augments on one core: the network needs the others."""
    cv2.setNumThreads(0)


def as_it_is(picture: Any) -> Any:
    """No collation."""
    return picture
