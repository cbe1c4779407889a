"""Sources -> packs, and the loaders of a run as Lightning's Trainer wants them."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch
from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

from u2net.training.callbacks.log import say
from u2net.training.data.order import Batches, Order, counts
from u2net.training.data.pack import pack, pack_held_out
from u2net.training.data.pack_file import Pack
from u2net.training.data.samples import Pasteboard, Samples, collate
from u2net.training.data.sources import Source, cutout_source, pictures_source
from u2net.training.data.validation import Scored, Validation, spread
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
        labelled: Sequence[bool] = (),
        pasteboard: Pasteboard | None = None,
        val: Sequence[Pack] = (),
    ) -> None:
        super().__init__()
        self.recipe, self.card, self.val = recipe, card, val
        self.samples = Samples(packs, recipe, card, pasteboard, labelled=labelled)
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
            worker_init_fn=begin_worker,
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


def begin_worker(worker: int) -> None:
    """A worker augments on one core, for the network needs the others, and ends when told to."""
    cv2.setNumThreads(0)
    # All processes of a job get the signal to end; the run answers it, and this is no failure.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def as_it_is(picture: Any) -> Any:
    """No collation."""
    return picture


def load(sources: Sequence[Source], held: Sequence[Source], recipe: Recipe, card: Card) -> Data:
    """Everything that a run reads. Raises `DatasetError` for what cannot be used."""
    return Data(
        recipe,
        card,
        [packed(source, recipe) for source in sources],
        [source.weight for source in sources],
        labelled=[source.kind == "pairs" for source in sources],
        pasteboard=pasteboard(recipe, held) if recipe.composites else None,
        val=[held_out(source, recipe, card) for source in held],
    )


def pasteboard(recipe: Recipe, held: Sequence[Source]) -> Pasteboard:
    """The packs that composites are made of, without pictures that are validated on."""
    return Pasteboard(
        cutouts=[packed(unseen(cutout_source(place), held), recipe) for place in recipe.cutouts],
        backgrounds=[
            packed(pictures_source(place, "backgrounds"), recipe) for place in recipe.backgrounds
        ],
    )


def unseen(source: Source, held: Sequence[Source]) -> Source:
    """`source` without the pictures that are validated on, which is told.

    One that holds nothing else was named for both on purpose: it stays, and that is told too.
    """
    theirs = {item.image.resolve() for other in held for item in other.items}
    items = tuple(item for item in source.items if item.image.resolve() not in theirs)
    both = len(source.items) - len(items)
    if both and items:
        say(f"{source.place}: {both} cut-outs are validated on, and left out of composites")
        return replace(source, items=items)
    if both:
        say(f"{source.place}: all cut-outs are validated on; the scores say nothing about others")
    return source


def packed(source: Source, recipe: Recipe) -> Pack:
    """The pack of a source that is trained on."""
    done = pack(
        source,
        longest=recipe.cache_side,
        on_bad=recipe.on_bad,
        folder=Path(recipe.cache) if recipe.cache else None,
        tell=say,
    )
    tell_of(source, done)
    return done


def held_out(source: Source, recipe: Recipe, card: Card) -> Pack:
    """The pack of the pictures of a source that are validated on."""
    done = pack_held_out(
        replace(source, items=spread(source.items, recipe.val_pictures)),
        size_hw=card.size_hw,
        on_bad=recipe.on_bad,
        folder=Path(recipe.cache) if recipe.cache else None,
        tell=say,
    )
    tell_of(source, done)
    return done


def tell_of(source: Source, done: Pack) -> None:
    """Say what was left out of a pack or has no partner, and what was done to its masks."""
    for alone in source.unpaired:
        say(f"{source.place}: {alone}")
    if left_out := done.about.left_out:
        say(f"{source.place}: {len(left_out)} left out, the first: {left_out[0]}")
    for note, count in done.about.notes.items():
        say(f"{source.place}: {note} ({count} masks)")
