"""When and how checkpoints are written: whole or not at all, never between a step and its validation."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint

from u2net.files import atomic
from u2net.training.recipe import Recipe

FOLDER = "checkpoints"
LAST = "last.ckpt"


class AtomicIO(TorchCheckpointIO):
    """Writes beside the file and moves it into place; raises `OutputError` when the disk is full."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        with atomic(Path(path)) as temporary:
            # torch reports a full disk as RuntimeError; a file object keeps it an OSError.
            with temporary.open("wb") as file:
                torch.save(checkpoint, file)


class Last(Checkpoint):
    """Writes `last.ckpt` every few steps, after the validation where one is due."""

    def __init__(self, path: Path, recipe: Recipe) -> None:
        self.path, self.every, self.val_every = path, recipe.checkpoint_every, recipe.val_every
        self.validates = bool(recipe.val)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        new = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        validated = self.validates and step % self.val_every == 0
        if new and step % self.every == 0 and not validated:
            trainer.save_checkpoint(self.path)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not trainer.sanity_checking:
            trainer.save_checkpoint(self.path)


def best(folder: Path, recipe: Recipe) -> ModelCheckpoint:
    """Keeps the checkpoints of highest max F."""
    return ModelCheckpoint(
        dirpath=folder,
        filename="best-{step:07d}-{val_max_f:.4f}",
        monitor="val_max_f",
        mode="max",
        save_top_k=recipe.keep_best,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
