"""Averaged weights: an exponential mean over the steps that forgets the random ones it began at."""

from collections.abc import Sequence
from functools import partial
from typing import cast

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor

from u2net.network import U2Net


class Averaging(WeightAveraging):
    """Keeps the mean of weights and batch-norm statistics beside those in training.

    A checkpoint holds both. The network in training is never exchanged for the mean.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=partial(follow, decay=decay))
        self.averages = decay > 0
        """Whether the mean is anything else than the latest weights."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        super().setup(trainer, pl_module, stage)
        if trainer.precision == "64-true" and self._average_model is not None:
            self._average_model.double()  # as Lightning does with the other, later

    @property
    def net(self) -> U2Net:
        """The averaged network, in evaluation mode."""
        assert self._average_model is not None
        return cast("U2Net", self._average_model.module.net).eval()

    # Lightning would exchange the two here; they are validated side by side instead.

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the weights where they are."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the weights where they are."""

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the weights where they are."""


@torch.no_grad()
def follow(
    averaged: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int, *, decay: float
) -> None:
    """Move `averaged`, the mean of `count` steps, towards the weights `current` of the next one."""
    share = decay_at(int(count), decay)
    for mean, now in zip(averaged, current, strict=True):
        if mean.is_floating_point():
            mean.lerp_(now, 1 - share)
        else:
            mean.copy_(now)


def decay_at(count: int, decay: float) -> float:
    """The decay after `count` steps: min(decay, (1 + n) / (10 + n)), as TensorFlow's averages warm
    up. With a constant one, .002 · 150 steps in, three quarters would still be the random start."""
    return min(decay, (1 + count) / (10 + count))
