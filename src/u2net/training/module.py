"""The network in training, as Lightning's Trainer wants it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from lightning.pytorch import LightningModule
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from u2net.errors import TrainingError
from u2net.evaluation.measures.classes import ClassScores
from u2net.network import U2Net, load_checkpoint
from u2net.network.checkpoint import SPEC_KEY
from u2net.network.named import spec_of
from u2net.network.specs import spec_to_json
from u2net.training.callbacks.averaging import Averaging
from u2net.training.callbacks.guard import Guard
from u2net.training.callbacks.log import say
from u2net.training.class_loss import ignorance_of, terms_of
from u2net.training.data.samples import Sample
from u2net.training.data.validation import Scored, found_in
from u2net.training.loss import deep_supervision, of_ignorance
from u2net.training.muon import Muon
from u2net.training.norms import freeze, frozen
from u2net.training.recipe import Recipe
from u2net.training.refit import refitted
from u2net.training.schedule import rate_factor
from u2net.training.scores import (
    Results,
    Scores,
    Weights,
    better_weights,
    columns,
    fresh,
    in_words,
)
from u2net.weights.card import KEY, Card

OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "muon": Muon}
PREFIX = "net."
STATES = {"state_dict", "current_model_state", "averaged_model_state"}
"""Parts of a checkpoint that hold weights: those to export, those in training, and the averaged
ones where they are not the first."""


def network(recipe: Recipe, start: str) -> U2Net:
    """The network in the checkpoint `start`; without one the recipe's, from scratch and its seed.

    Raises `ModelError` for a checkpoint or a spec that is none, `TrainingError` when one is needed.
    """
    torch.manual_seed(recipe.seed)
    inputs, outputs = 3 + len(recipe.extra), len(recipe.classes) or 1
    if start:
        net = load_checkpoint(start).train()
        if 3 <= net.inputs <= inputs and (net.inputs, net.outputs) != (inputs, outputs):
            say(
                f"{start}: is for {net.inputs} channels and {net.outputs} maps, and becomes one "
                f"for {inputs} and {outputs}; what is new begins from nothing"
            )
            net = refitted(net, inputs, outputs)
        return net
    if recipe.network == "init":
        raise TrainingError("network=init begins with a checkpoint; add --set init=FILE")
    return U2Net(spec_of(recipe.network), inputs=inputs, outputs=outputs)


class Training(LightningModule):
    """Loss, optimiser, schedule and validation of one network."""

    def __init__(
        self,
        net: U2Net,
        recipe: Recipe,
        steps: int,
        card: Card,
        averaging: Averaging,
        held: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.net = net
        self.recipe = recipe
        self.steps = steps
        self.card = card
        self.averaging = averaging
        self.held = held
        """Names of the validation sets."""
        self.terms = terms_of(recipe)
        self.guard = Guard(recipe.max_bad_losses)
        self.exports: Weights = "averaged"
        """Which weights scored better at the last validation: those are exported."""
        self.scores: dict[tuple[int, Weights], Scores | ClassScores] = {}
        """By validation set, by its number, and weights."""
        self.scored: list[Results] = []
        """What the last validation gave, a set each."""
        self.scored_at = -1
        if recipe.channels_last:
            self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze(self.net, recipe)
        self.train()
        if recipe.compile:
            self.net.compile()

    def train(self, mode: bool = True) -> "Training":
        """As of every module, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in frozen(self.net, self.recipe):
            module.eval()
        return self

    @property
    def loss_names(self) -> list[str]:
        """What the losses of a step are called in tables: l0 of the fused map, l1 …"""
        return [f"l{level}" for level in range(len(self.net.sides) + 1)]

    @property
    def ignorance(self) -> float:
        """The loss of a network that knows nothing."""
        recipe, maps = self.recipe, len(self.net.sides) + 1
        return of_ignorance(recipe.loss, maps, recipe.map_weights, ignorance_of(recipe))

    @property
    def exported(self) -> U2Net:
        """The network that would be exported now."""
        return self.averaging.net if self.exports == "averaged" else self.net

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Logits, fused first, (batch, 1, height, width) each."""
        return self.seen_by(self.net, photo)

    def seen_by(self, net: U2Net, photo: Tensor) -> list[Tensor]:
        """Logits of `net`, fused first, (batch, 1, height, width) each."""
        if self.recipe.channels_last:
            photo = photo.contiguous(memory_format=torch.channels_last)
        maps: list[Tensor] = net(photo)
        return maps

    def training_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        self.guard.before(self)
        maps = self(batch.photo)
        with torch.autocast(self.device.type, enabled=False):
            loss, losses = deep_supervision(
                maps,
                batch.truth,
                terms=self.recipe.loss,
                weights=self.recipe.map_weights,
                of=self.terms,
            )
        loss = self.guard.saw(loss, batch.stem)
        return {"loss": loss, "total": loss.detach(), "losses": losses}

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        self.guard.check(self, scaled=self.recipe.precision == "fp16" and self.scale() > 1)

    def scale(self) -> float:
        """By what the gradients of float16 are multiplied now."""
        scaler: torch.amp.GradScaler = cast("Any", self.trainer.precision_plugin).scaler
        return scaler.get_scale()

    def validation_step(self, batch: Scored, batch_idx: int, dataloader_idx: int = 0) -> None:
        nets: dict[Weights, U2Net] = {"averaged": self.averaging.net}
        if self.averaging.averages:
            nets["current"] = self.net
        for weights, net in nets.items():
            fused = self.seen_by(net, batch.photo[None])[0]
            scores = self.scores.setdefault((dataloader_idx, weights), fresh(self.recipe))
            found = found_in(fused, batch.truth.shape[:2], self.recipe.task)
            scores.update(found, batch.truth)

    def on_validation_epoch_end(self) -> None:
        keys = sorted(self.scores)
        summed = self.over_ranks(np.stack([self.scores[key].state for key in keys]))
        results = {
            key: fresh(self.recipe, state).result() for key, state in zip(keys, summed, strict=True)
        }
        self.scores = {}
        self.scored = [
            {weights: result for (at, weights), result in results.items() if at == number}
            for number in range(len(self.held))
        ]
        self.scored_at = self.trainer.global_step
        self.exports = better_weights(self.scored[0], self.recipe.best)
        # The report writes them to the loggers, at the step they belong to.
        self.log_dict(columns(self.scored, self.held, self.exports), logger=False)

    def over_ranks(self, state: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of the arrays of all ranks."""
        if self.trainer.world_size == 1:
            return state  # and no device that has no float64, such as Apple's, is asked
        here = torch.from_numpy(state).to(self.device)
        summed = cast("Tensor", self.trainer.strategy.reduce(here, reduce_op="sum"))
        return np.asarray(summed.cpu())

    @property
    def said_of_scores(self) -> list[str]:
        """A line for people about each set of the last validation."""
        lines = []
        for name, results in zip(self.held, self.scored, strict=True):
            figures = [f"{weights} {in_words(scores)}" for weights, scores in results.items()]
            if not self.averaging.averages:
                figures = [in_words(results["averaged"])]
            which = f"{name}: " if len(self.held) > 1 else ""
            lines.append(which + "; ".join(figures))
        return lines

    def configure_optimizers(self) -> Any:
        recipe = self.recipe
        kind = OPTIMISERS[recipe.optimiser]
        optimiser = kind(decay_groups(self, recipe.weight_decay), lr=recipe.rate)

        def rate(step: int) -> float:
            return rate_factor(
                step, schedule=recipe.schedule, warmup=recipe.warmup, steps=self.steps
            )

        scheduler = {"scheduler": LambdaLR(optimiser, rate), "interval": "step"}
        return {"optimizer": optimiser, "lr_scheduler": scheduler}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what else decides the rest of the run; name the weights as the network does.

        `state_dict`, which everybody reads, becomes the weights that would be exported now.
        """
        checkpoint["torch_rng"] = torch.get_rng_state()
        checkpoint["guard"] = self.guard.counts()
        checkpoint[KEY] = self.card_now().to_json()
        checkpoint[SPEC_KEY] = spec_to_json(self.net.spec)
        checkpoint["exports"] = self.exports
        if self.exports == "current":
            checkpoint["averaged_model_state"] = checkpoint["state_dict"]
            checkpoint["state_dict"] = checkpoint["current_model_state"]
        checkpoint["beside"] = {}
        for part in checkpoint.keys() & STATES:
            state = checkpoint[part]
            checkpoint[part] = {
                key.removeprefix(PREFIX): value
                for key, value in state.items()
                if key.startswith(PREFIX)
            }
            # What only serves the training is no part of the network.
            checkpoint["beside"][part] = {
                key: value for key, value in state.items() if not key.startswith(PREFIX)
            }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.exports = checkpoint.get("exports", "averaged")
        if self.exports == "current":
            checkpoint["state_dict"] = checkpoint.pop("averaged_model_state")
        beside = checkpoint.get("beside", {})
        for part in checkpoint.keys() & STATES:
            named = {PREFIX + key: value for key, value in checkpoint[part].items()}
            checkpoint[part] = named | beside.get(part, {})
        torch.set_rng_state(checkpoint["torch_rng"])
        self.guard.restore(checkpoint["guard"])

    def card_now(self) -> Card:
        """The card of the weights that would be exported now, with the scores they have."""
        kind = "averaged weights" if self.exports == "averaged" else "weights in training"
        if not self.averaging.averages:
            kind = "weights in training"
        about = f"{self.card.source}, {kind} of step {self.trainer.global_step}"
        if self.scored_at != self.trainer.global_step:
            return replace(self.card, source=about)
        count = f", {self.recipe.val_pictures} pictures" if self.recipe.val_pictures else ""
        how = "paper" if self.recipe.task == "saliency" else self.recipe.task
        scores = {
            f"{name}{count} ({how})": {**results[self.exports]}
            for name, results in zip(self.held, self.scored, strict=True)
        }
        return replace(self.card, source=about, scores=scores)


def decay_groups(net: nn.Module, decay: float) -> Sequence[dict[str, Any]]:
    """Convolution weights decay; norms and biases, which are vectors, do not."""
    learning = [p for p in net.parameters() if p.requires_grad]
    matrices = [p for p in learning if p.ndim > 1]
    vectors = [p for p in learning if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
