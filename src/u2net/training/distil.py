"""The training of a network that learns from another one, as Lightning's Trainer wants it."""

from typing import Any

import torch

from u2net.network import U2Net
from u2net.training.data.samples import Sample
from u2net.training.hints import Projections, Scale, Teacher, block_names, by_block, mixed
from u2net.training.layers import LayerLesson, by_layer
from u2net.training.loss import deep_supervision
from u2net.training.module import Training
from u2net.training.recipe import Recipe


class Distillation(Training):
    """The training of a network that has a teacher."""

    def __init__(self, teacher: Teacher, net: U2Net, recipe: Recipe, *rest: Any) -> None:
        super().__init__(net, recipe, *rest)
        self.teacher = teacher
        whole = recipe.distil == "whole"
        self.projections = Projections(net, teacher.net) if whole else None

    @property
    def loss_names(self) -> list[str]:
        """Of the maps, then of the blocks."""
        names = block_names(self.net)
        if self.projections:
            names = [names[mine] for mine, _ in self.projections.pairs]
        return super().loss_names + names

    @property
    def ignorance(self) -> float:
        energies = self.teacher.energies
        if self.recipe.distil != "whole":
            return super().ignorance + sum(energies)
        return super().ignorance + self.recipe.hints * sum(energies) / len(energies)

    def on_fit_start(self) -> None:
        self.teacher.net.to(self.device)

    def training_step(self, batch: Sample, batch_idx: int) -> dict[str, Any]:
        self.guard.before(self)
        photo, recipe = batch.photo, self.recipe
        if recipe.channels_last:
            photo = photo.contiguous(memory_format=torch.channels_last)
        # Weights that were trained in float32 are asked in float32.
        with torch.autocast(self.device.type, enabled=False):
            lesson = self.teacher(photo.float())
        if self.projections is None:
            learn = by_layer if isinstance(lesson, LayerLesson) else by_block
            errors, maps = learn(self.net, photo, lesson)
            hints, truth = errors.sum(), lesson.saliency
        else:
            features = self.net.features(photo)
            maps, errors = self.net.maps(features, like=photo), self.projections(features, lesson)
            hints = recipe.hints * errors.mean()
            truth = mixed(batch.truth, batch.labelled, lesson.saliency, recipe.teacher_share)
        with torch.autocast(self.device.type, enabled=False):
            loss, losses = deep_supervision(
                maps, truth.to(batch.truth), terms=recipe.loss, weights=recipe.map_weights
            )
        loss = self.guard.saw(loss + hints, batch.stem)
        return {
            "loss": loss,
            "total": loss.detach(),
            "losses": torch.cat([losses, errors.detach().to(losses)]),
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["scales"] = [tuple(scale) for scale in self.teacher.scales]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.teacher.scales = [Scale(*scale) for scale in checkpoint["scales"]]
