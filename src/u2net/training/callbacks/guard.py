"""Losses and gradients that are not finite: name the batch, skip the step, stop after several.

The decision is taken on the gradients, which ranks have already averaged: all of them see the same
and skip together. A skipped step leaves weights, moments and running statistics as they were.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from u2net.errors import TrainingError


class Guard:
    """Watches the steps of a module."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_row = 0
        self.skipped = 0
        """Steps skipped since the run began."""
        self.seen: list[tuple[Tensor, list[str]]] = []
        """Whether the loss of each batch since the last step is finite, and its stems."""
        self.messages: list[str] = []
        """What to tell the user; whoever tells it empties the list."""
        self.kept: list[Tensor] = []

    def before(self, module: nn.Module) -> None:
        """Keep the running statistics, which a forward pass changes, at the beginning of a step."""
        if not self.kept:
            self.kept = [buffer.clone() for buffer in module.buffers()]

    def saw(self, loss: Tensor, stems: str | Iterable[str]) -> Tensor:
        """The loss; one that is not finite is made to reach every rank's gradient.

        Nothing here waits for the device.
        """
        finite = torch.isfinite(loss)
        self.seen.append((finite, [stems] if isinstance(stems, str) else list(stems)))
        return loss * torch.where(finite, 1.0, float("nan"))

    def check(self, module: nn.Module, *, scaled: bool = False) -> None:
        """Let the step happen, or make it none. Raises `TrainingError` at the limit in a row.

        With `scaled`, gradients that are not finite are put down to the scale of float16, which is
        then halved: nothing is said of them and nothing counted. All ranks have the same scale.
        """
        grads = [p.grad for p in module.parameters() if p.grad is not None]
        if torch.isfinite(torch.nn.utils.get_total_norm(grads)):
            self.in_row = 0
        else:
            self.undo(module)
            if not scaled:
                self.count()
        self.kept, self.seen = [], []

    def undo(self, module: nn.Module) -> None:
        """No gradients, so that the optimiser leaves everything alone; statistics as before."""
        for parameter in module.parameters():
            parameter.grad = None
        with torch.no_grad():
            for buffer, kept in zip(module.buffers(), self.kept, strict=True):
                buffer.copy_(kept)

    def count(self) -> None:
        """Say which step is skipped. Raises `TrainingError` at the limit in a row."""
        self.in_row += 1
        self.skipped += 1
        named = [stem for finite, stems in self.seen if not finite for stem in stems]
        which = ", ".join(named) or "the batch of another rank, or its gradient"
        self.messages.append(f"step skipped: the loss is not finite ({which})")
        if self.in_row >= self.limit:
            raise TrainingError(
                f"{self.in_row} steps in a row had no finite loss, the last one: {which}; "
                "the last good checkpoint is kept: lower the rate, or look at these pictures"
            )

    def counts(self) -> dict[str, Any]:
        return {"in_row": self.in_row, "skipped": self.skipped}

    def restore(self, counts: dict[str, Any]) -> None:
        self.in_row, self.skipped = counts["in_row"], counts["skipped"]
