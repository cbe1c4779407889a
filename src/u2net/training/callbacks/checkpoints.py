"""When and how checkpoints are written: whole or not at all, and after a validation, not before."""

import io
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, ModelCheckpoint

from u2net.export.runs import BEST
from u2net.files import write
from u2net.training.recipe import Recipe


class AtomicIO(TorchCheckpointIO):
    """Writes beside the file, then moves it into place; `OutputError` when the disk is full."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        # By way of memory: where torch writes, a full disk comes back as an obscure RuntimeError.
        buffer = io.BytesIO()
        torch.save(checkpoint, buffer)
        write(Path(path), buffer.getvalue())


class Last(Checkpoint):
    """Writes `last.ckpt` every few steps and at the end, after the validation where one is due."""

    def __init__(self, path: Path, recipe: Recipe, steps: int) -> None:
        self.path, self.every, self.steps = path, recipe.checkpoint_every, steps
        self.val_every = recipe.val_every if recipe.val else 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        new = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        due = step % self.every == 0 or step == self.steps
        validates = self.val_every and step % self.val_every == 0
        if new and due and not validates:
            trainer.save_checkpoint(self.path)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.save_checkpoint(self.path)


def best(folder: Path, recipe: Recipe) -> ModelCheckpoint:
    """Keeps the checkpoints of highest max F."""
    return ModelCheckpoint(
        dirpath=folder,
        filename="best-{step:07d}-{val_max_f:.6f}",
        monitor="val_max_f",
        mode="max",
        save_top_k=recipe.keep_best,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )


def step_of(checkpoint: Path) -> int | None:
    """The step at which a best checkpoint was kept."""
    match = BEST.match(checkpoint.name)
    return int(match[1]) if match else None
