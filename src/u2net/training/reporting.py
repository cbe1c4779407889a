"""What a run tells while it goes: losses by map, rate, pictures a second, skipped steps."""

import sys
import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from u2net.training.recipe import Recipe


class Report(Callback):
    """Logs the means over the last few steps to all loggers, and a line to stderr where no bar is shown."""

    def __init__(self, recipe: Recipe, steps: int, *, lines: bool) -> None:
        self.recipe, self.steps, self.lines = recipe, steps, lines
        self.began = time.monotonic()
        self.losses: list[torch.Tensor] = []

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if not self.losses:
            self.began = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(outputs["losses"])
        guard: Any = pl_module.guard
        if trainer.is_global_zero:
            for message in guard.messages:
                say(f"step {trainer.global_step}: {message}")
        guard.messages.clear()
        whole = (batch_idx + 1) % self.recipe.accumulate == 0
        if whole and trainer.global_step % self.recipe.log_every == 0:
            self.tell(trainer, guard.skipped)

    def tell(self, trainer: Trainer, skipped: int) -> None:
        """Log and forget the losses so far."""
        losses = torch.stack(self.losses).mean(0)
        seconds = time.monotonic() - self.began
        pictures = len(self.losses) * self.recipe.batch * trainer.world_size
        row: dict[str, float] = {
            "loss": float(losses.sum()),
            **{f"l{level}": float(loss) for level, loss in enumerate(losses)},
            "rate": trainer.optimizers[0].param_groups[0]["lr"],
            "pictures_per_second": pictures / seconds,
            "skipped": skipped,
        }
        self.losses = []
        for logger in trainer.loggers:
            logger.log_metrics(row, trainer.global_step)
        trainer.progress_bar_metrics.update(row)
        if self.lines and trainer.is_global_zero:
            maps = " ".join(f"l{level} {float(loss):.3f}" for level, loss in enumerate(losses))
            say(
                f"step {trainer.global_step}/{self.steps}  loss {row['loss']:.3f}  {maps}  "
                f"rate {row['rate']:.2e}  {row['pictures_per_second']:.1f} pictures/s"
            )

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.losses = []
        if trainer.is_global_zero and not trainer.sanity_checking:
            scores = {key: float(trainer.callback_metrics[key]) for key in ("val_mae", "val_max_f")}
            say(f"step {trainer.global_step}: max F {scores['val_max_f']:.4f}, MAE {scores['val_mae']:.4f}")


def say(line: str) -> None:
    """One line for people."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
