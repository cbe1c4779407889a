"""Picture sheets: photo | truth | fused | side 1 … 6, one row per picture of the batch."""

from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from numpy.typing import NDArray

from u2net.arrays import RGB
from u2net.files import write
from u2net.network.activation import activated
from u2net.pictures.palette import PALETTE
from u2net.training.data.samples import Sample
from u2net.weights.card import Card

ROWS = 4


class Sheets(Callback):
    """Writes `sheets/STEP.jpg` every few steps: the batch as the weights to export see it."""

    def __init__(self, folder: Path, card: Card, every: int) -> None:
        self.folder, self.card, self.every = folder, card, every

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        new = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if trainer.is_global_zero and new and trainer.global_step % self.every == 0:
            picture = sheet(batch, maps_of(pl_module, batch.photo[:ROWS]), self.card)
            _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
            write(self.folder / f"{trainer.global_step:07d}.jpg", data.tobytes())


@torch.no_grad()
def maps_of(module: Any, photo: torch.Tensor) -> list[torch.Tensor]:
    """Logits of the network that would be exported now, which is left as it was."""
    net = module.exported
    training = net.training
    maps: list[torch.Tensor] = module.seen_by(net.eval(), photo)
    net.train(training)
    return maps


def sheet(batch: Sample, maps: list[torch.Tensor], card: Card) -> RGB:
    """The sheet of a batch: logits `maps`, each (batch, maps, height, width)."""
    show = partial(painted, exclusive=card.task == "multiclass") if card.classes else grey
    rows = [
        np.hstack([shown(photo, card), as_truth(truth, card), *(show(one) for one in each)])
        for photo, truth, *each in zip(
            batch.photo[:ROWS],
            batch.truth,
            *(activated(m.float(), card.task) for m in maps),
            strict=False,
        )
    ]
    return np.vstack(rows)


def shown(photo: torch.Tensor, card: Card) -> RGB:
    """A normalised photo (channels, height, width) as people see it: its colours, then every
    further channel beside them."""
    pixels = photo.float().cpu().numpy().transpose(1, 2, 0) * np.array(card.std) + card.mean
    extra = [plane[:, :, None].repeat(3, axis=2) for plane in np.moveaxis(pixels[:, :, 3:], 2, 0)]
    return as_bytes(np.hstack([pixels[:, :, :3], *extra]))


def as_truth(truth: torch.Tensor, card: Card) -> RGB:
    """A truth, as in `Sample`, in the colours of its classes or grey."""
    if card.task == "multiclass":
        return np.asarray(PALETTE[truth[0].cpu().numpy().astype(int)])
    return painted(truth, exclusive=False) if card.classes else grey(truth)


def painted(planes: torch.Tensor, *, exclusive: bool) -> RGB:
    """Probabilities of classes, (classes, height, width), as the mixture of their colours, which
    are those of class maps: where classes may overlap, black is for none of them."""
    first = 0 if exclusive else 1
    colours = PALETTE[first : first + len(planes)] / 255
    return as_bytes(np.einsum("khw,kc->hwc", planes.float().cpu().numpy(), colours))


def grey(plane: torch.Tensor) -> RGB:
    """A plane (1, height, width), 0…1, in three equal channels."""
    return as_bytes(plane[0].float().cpu().numpy()[:, :, None].repeat(3, axis=2))


def as_bytes(pixels: NDArray[Any]) -> RGB:
    return np.asarray(np.rint(pixels.clip(0, 1) * 255), np.uint8)
