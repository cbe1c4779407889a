"""The held-out set: pictures squashed as in serving, maps scored at the truth's own size."""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from u2net.arrays import Mask, Saliency
from u2net.card import Card
from u2net.training.cache import Pack
from u2net.training.dataset import normalised
from u2net.training.decoding import sized


class Scored(NamedTuple):
    """One validation picture."""

    photo: Tensor
    """(3, height, width) float32, at the size of the card."""
    truth: Mask
    """(height, width) uint8, at its own size."""


class Validation(Dataset[Scored]):
    """Every `ranks`-th of `pictures` pictures spread evenly over a pack."""

    def __init__(self, pack: Pack, card: Card, *, pictures: int, rank: int = 0, ranks: int = 1) -> None:
        count = min(pictures or len(pack), len(pack))
        chosen = np.linspace(0, len(pack) - 1, count).round().astype(int)
        self.pack, self.card, self.chosen = pack, card, chosen[rank::ranks]

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, number: int) -> Scored:
        rgb, truth = self.pack[int(self.chosen[number])]
        photo = normalised(sized(rgb, self.card.size_hw), self.card)
        return Scored(torch.from_numpy(photo), np.array(truth))


def full_size(logits: Tensor, truth: Mask) -> Saliency:
    """Saliency 0…1 of logits (1, 1, height, width), resized bilinearly to the size of `truth`."""
    saliency = logits.float().sigmoid()[0, 0].cpu().numpy()
    height, width = truth.shape
    resized = cv2.resize(saliency, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32)
