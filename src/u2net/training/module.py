"""The network in training, as Lightning's Trainer wants it."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from u2net.evaluation.measures.paper import PaperProtocol
from u2net.network import FULL, LITE, U2Net, load_checkpoint
from u2net.network.checkpoint import SPEC_KEY
from u2net.network.specs import spec_to_json
from u2net.training.callbacks.guard import Guard
from u2net.training.data.samples import Sample
from u2net.training.data.validation import Scored, mask_of
from u2net.training.loss import deep_supervision
from u2net.training.muon import Muon
from u2net.training.recipe import Recipe
from u2net.training.schedule import share
from u2net.training.tiny import TINY
from u2net.weights.card import KEY, Card

SPECS = {"full": FULL, "lite": LITE, "tiny": TINY}
OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "muon": Muon}
PREFIX = "net."
STATES = {"state_dict", "current_model_state"}
"""Parts of a checkpoint that hold weights: the averaged ones, and those in training."""


def network(recipe: Recipe, start: str) -> U2Net:
    """The network in the checkpoint `start`; without one the recipe's, from scratch.

    Raises `ModelError` for a checkpoint that is none.
    """
    if start:
        return load_checkpoint(start).train()
    return U2Net(SPECS[recipe.network])


class Training(LightningModule):
    """Loss, optimiser, schedule and validation of one network."""

    def __init__(self, net: U2Net, recipe: Recipe, steps: int, card: Card) -> None:
        super().__init__()
        self.net = net
        self.recipe = recipe
        self.steps = steps
        self.card = card
        self.guard = Guard(recipe.max_bad_losses)
        self.scores = PaperProtocol()
        if recipe.channels_last:
            self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if recipe.compile:
            self.net.compile()

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Logits, fused first, (batch, 1, height, width) each."""
        if self.recipe.channels_last:
            photo = photo.contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = self.net(photo)
        return maps

    def training_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        self.guard.before(self)
        maps = self(batch.photo)
        with torch.autocast(self.device.type, enabled=False):
            loss, losses = deep_supervision(
                maps, batch.truth, kind=self.recipe.loss, weights=self.recipe.map_weights
            )
        loss = self.guard.saw(loss, batch.stem)
        return {"loss": loss, "losses": losses, "maps": [m.detach() for m in maps]}

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self.guard.check(self)

    def validation_step(self, batch: Scored, batch_idx: int) -> None:
        fused = self(batch.photo[None])[0]
        self.scores.update(mask_of(fused, batch.truth.shape), batch.truth)

    def on_validation_epoch_end(self) -> None:
        state = torch.from_numpy(self.scores.state).to(self.device)
        summed = cast("Tensor", self.trainer.strategy.reduce(state, reduce_op="sum"))
        scores = PaperProtocol(np.asarray(summed.cpu())).result()
        self.scores = PaperProtocol()
        # The report writes them to the loggers, at the step they belong to.
        self.log_dict({"val_mae": scores.mae, "val_max_f": scores.max_f}, logger=False)

    def configure_optimizers(self) -> Any:
        recipe = self.recipe
        kind = OPTIMISERS[recipe.optimiser]
        optimiser = kind(decay_groups(self.net, recipe.weight_decay), lr=recipe.rate)

        def rate(step: int) -> float:
            return share(step, schedule=recipe.schedule, warmup=recipe.warmup, steps=self.steps)

        scheduler = {"scheduler": LambdaLR(optimiser, rate), "interval": "step"}
        return {"optimizer": optimiser, "lr_scheduler": scheduler}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what else decides the rest of the run; name the weights as the network does."""
        checkpoint["torch_rng"] = torch.get_rng_state()
        checkpoint["guard"] = self.guard.counts()
        checkpoint[KEY] = self.card.to_json()
        checkpoint[SPEC_KEY] = spec_to_json(self.net.spec)
        for part in checkpoint.keys() & STATES:
            state = checkpoint[part]
            checkpoint[part] = {key.removeprefix(PREFIX): value for key, value in state.items()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        for part in checkpoint.keys() & STATES:
            checkpoint[part] = {PREFIX + key: value for key, value in checkpoint[part].items()}
        torch.set_rng_state(checkpoint["torch_rng"])
        self.guard.restore(checkpoint["guard"])


def decay_groups(net: nn.Module, decay: float) -> Sequence[dict[str, Any]]:
    """Convolution weights decay; norms and biases, which are vectors, do not."""
    matrices = [p for p in net.parameters() if p.ndim > 1]
    vectors = [p for p in net.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
