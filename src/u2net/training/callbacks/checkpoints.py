"""When and how checkpoints are written: whole or not at all, and after a validation, not before."""

import io
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint

from u2net.files import write
from u2net.network.stored import read_stored
from u2net.training.callbacks.log import Report
from u2net.training.recipe import Recipe
from u2net.training.scores import MODES


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
    """Writes `last.ckpt` every few steps and at the end, after the validation where one is due.

    Not while the run diverges: then the last checkpoint is from before.
    """

    def __init__(self, path: Path, recipe: Recipe, steps: int, report: Report) -> None:
        self.path, self.every, self.steps = path, recipe.checkpoint_every, steps
        self.report = report
        self.val_every = recipe.val_every if recipe.val else 0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        new = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        due = step % self.every == 0 or step == self.steps
        validates = self.val_every and step % self.val_every == 0
        if new and due and not validates:
            self.save(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Write it, unless the weights are lost."""
        if not self.report.diverged:
            trainer.save_checkpoint(self.path)


def best(folder: Path, recipe: Recipe, prefix: str = "val") -> ModelCheckpoint:
    """Keeps the checkpoints of the best scores; those of the first set are named by the step."""
    column = f"{prefix}_{recipe.best}"
    return ModelCheckpoint(
        dirpath=folder,
        filename=f"{prefix.replace('val', 'best', 1)}-{{step:07d}}-{{{column}:.6f}}",
        monitor=column,
        mode=MODES[recipe.best],
        save_top_k=recipe.keep_best,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )


class Patience(EarlyStopping):
    """Ends the run after so many validations without a better score, at once when it is resumed."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__(
            f"val_{recipe.best}",
            mode=MODES[recipe.best],
            patience=recipe.patience,
            check_on_train_epoch_end=False,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting, with the patience of now."""
        super().load_state_dict({**state_dict, "patience": self.patience})

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        trainer.should_stop = self.wait_count >= self.patience


def step_of(checkpoint: Path) -> int:
    """After how many steps a checkpoint was written. Errors as of `read_stored`."""
    return int(read_stored(checkpoint).beside["global_step"])
