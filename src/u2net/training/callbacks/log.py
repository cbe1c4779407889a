"""What a run tells while it goes: losses by map, rate, pictures a second, skipped steps."""

import sys
import time
from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar

from u2net.training.callbacks.metrics import CsvLog
from u2net.training.recipe import Recipe


class Report(Callback):
    """Logs means over the last few steps, and scores; as lines on stderr where no bar is shown."""

    def __init__(self, recipe: Recipe, steps: int, *, lines: bool) -> None:
        self.recipe, self.steps, self.lines = recipe, steps, lines
        self.began = 0.0
        self.losses: list[torch.Tensor] = []
        self.row: dict[str, float] = {}
        """The latest figures."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """A resumed run does again what came after its checkpoint."""
        for logger in trainer.loggers:
            if isinstance(logger, CsvLog) and trainer.is_global_zero:
                logger.cut(trainer.global_step)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if not self.losses:
            self.began = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(outputs["losses"])
        guard: Any = pl_module.guard
        for message in guard.messages:
            say(f"step {trainer.global_step}: {message}")
        guard.messages.clear()
        whole = (batch_idx + 1) % self.recipe.accumulate == 0
        if whole and trainer.global_step % self.recipe.log_every == 0:
            self.tell(trainer, guard.skipped)

    def tell(self, trainer: Trainer, skipped: int) -> None:
        """Log the mean of the losses since the last time, over all ranks, and forget them."""
        mean = trainer.strategy.reduce(torch.stack(self.losses).mean(0), reduce_op="mean")
        losses = [float(loss) for loss in cast("torch.Tensor", mean)]
        pictures = len(self.losses) * self.recipe.batch * trainer.world_size
        self.losses = []
        self.row = {
            "loss": sum(losses),
            **{f"l{level}": loss for level, loss in enumerate(losses)},
            "rate": trainer.optimizers[0].param_groups[0]["lr"],
            "pictures_per_second": pictures / (time.monotonic() - self.began),
            "skipped": skipped,
        }
        log(trainer, self.row)
        if self.lines and trainer.is_global_zero:
            maps = " ".join(f"l{level} {loss:.3f}" for level, loss in enumerate(losses))
            say(
                f"step {trainer.global_step}/{self.steps}  loss {self.row['loss']:.3f}  {maps}  "
                f"rate {self.row['rate']:.2e}  {self.row['pictures_per_second']:.1f} pictures/s"
            )

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.losses = []
        scores = {key: float(trainer.callback_metrics[key]) for key in ("val_mae", "val_max_f")}
        log(trainer, scores)
        if trainer.is_global_zero:
            max_f, mae = scores["val_max_f"], scores["val_mae"]
            say(f"step {trainer.global_step}: max F {max_f:.4f}, MAE {mae:.4f}")


class Bar(RichProgressBar):
    """A progress bar over the steps of the run, with the latest figures of the report."""

    def __init__(self, report: Report) -> None:
        super().__init__(leave=True, console_kwargs={"stderr": True})
        self.report = report

    @property
    def total_train_batches(self) -> int:
        return self.report.steps * self.report.recipe.accumulate

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        return {key: f"{value:.3g}" for key, value in self.report.row.items()}


def log(trainer: Trainer, row: dict[str, float]) -> None:
    """Figures to all loggers, once for all ranks, at the step they belong to."""
    if trainer.is_global_zero:
        for logger in trainer.loggers:
            logger.log_metrics(row, trainer.global_step)


def say(line: str) -> None:
    """One line for people."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201
