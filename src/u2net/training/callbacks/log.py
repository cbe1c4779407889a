"""What a run tells while it goes: losses by map, rate, pictures a second, skipped steps."""

import sys
import time
from typing import Any, cast

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar

from u2net.errors import TrainingError
from u2net.training.callbacks.metrics import RunLog
from u2net.training.recipe import Recipe

DIVERGED = 10
"""A loss so many times that of a network that knows nothing is no training any more."""


class Report(Callback):
    """Logs means over the last few steps, and scores; as lines on stderr where no bar is shown."""

    def __init__(self, recipe: Recipe, steps: int, *, lines: bool) -> None:
        self.recipe, self.steps, self.lines = recipe, steps, lines
        self.began = 0.0
        self.losses: list[torch.Tensor] = []
        """Of each batch since the last row: the loss that is minimised, then that of each map."""
        self.row: dict[str, float] = {}
        """The latest figures."""
        self.diverged = 0
        """Steps in a row, as far as rows tell, with a loss beyond all bounds."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """A resumed run does again what came after its checkpoint."""
        for logger in trainer.loggers:
            if isinstance(logger, RunLog) and trainer.is_global_zero:
                logger.cut(trainer.global_step)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if not self.losses:
            self.began = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.losses.append(torch.cat([outputs["total"][None], outputs["losses"]]))
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
        total, *losses = (float(loss) for loss in cast("torch.Tensor", mean))
        module: Any = trainer.lightning_module
        named = dict(zip(module.loss_names, losses, strict=True))
        pictures = len(self.losses) * self.recipe.batch * trainer.world_size
        self.losses = []
        self.row = {
            "loss": total,
            **named,
            "rate": trainer.optimizers[0].param_groups[0]["lr"],
            "pictures_per_second": pictures / (time.monotonic() - self.began),
            "skipped": skipped,
        }
        log(trainer, self.row)
        if self.lines and trainer.is_global_zero:
            parts = " ".join(f"{name} {loss:.3f}" for name, loss in named.items())
            say(
                f"step {trainer.global_step}/{self.steps}  loss {total:.3f}  {parts}  "
                f"rate {self.row['rate']:.2e}  {self.row['pictures_per_second']:.1f} pictures/s"
            )
        self.watch(trainer, total, module.ignorance)

    def watch(self, trainer: Trainer, total: float, ignorance: float) -> None:
        """Say when the loss is finite but lost, and stop after too long. Raises `TrainingError`."""
        recipe = self.recipe
        if not total > DIVERGED * ignorance:
            self.diverged = 0
            return
        lost = f"loss {total:.3g} where a network that knows nothing has {ignorance:.3g}"
        if not self.diverged and trainer.is_global_zero:
            say(f"step {trainer.global_step}: diverges, {lost}; no checkpoint until it is back")
        self.diverged += recipe.log_every
        if recipe.max_diverged and self.diverged >= recipe.max_diverged:
            raise TrainingError(
                f"diverged for {self.diverged} steps: {lost}; "
                "the checkpoint from before is kept: lower the rate, or set clip or warmup"
            )

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.losses = []
        log(trainer, {key: float(value) for key, value in trainer.callback_metrics.items()})
        if trainer.is_global_zero:
            told: Any = pl_module.said_of_scores
            for line in told:
                say(f"step {trainer.global_step}: {line}")


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
    # In one piece, lest the word of an interruption stands in the midst.
    print(f"{line}\n", end="", file=sys.stderr, flush=True)  # noqa: T201
