"""File × network -> how far they differ; a file that differs is not written."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from u2net.arrays import Batch
from u2net.card import Card
from u2net.errors import UnfitModelError
from u2net.network import U2Net

if TYPE_CHECKING:
    from torch import Tensor

CAT = Path(__file__).with_name("cat.webp")
"""A photo to try exported files on: Chelsea, by Stéfan van der Walt, CC0 (from scikit-image)."""

TOLERANCE = 1e-4
"""Largest difference of any pixel of saliency (0…1) that is let pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far an exported file is from the network it was made of."""

    difference: float
    """Largest difference of any pixel to the network with the weights as stored."""
    rounding: float
    """Largest difference that storing the weights made; 0 for fp32."""


def prove(data: bytes, exact: U2Net, stored: U2Net, card: Card) -> Proof:
    """Run the file in ONNX Runtime beside the network, on a photo and on noise, at several sizes.

    `exact` is the network to deploy, `stored` the same with its weights as the file holds them.
    Raises `UnfitModelError` when any pixel differs by more than `TOLERANCE` or is not finite.
    """
    from onnxruntime import InferenceSession

    session = InferenceSession(data, providers=["CPUExecutionProvider"])
    difference = rounding = 0.0
    for batch in _inputs(card):
        (found,) = session.run(None, {"image": batch})
        wanted = _saliency(stored, batch)
        difference = max(difference, float(np.abs(found - wanted).max()))
        rounding = max(rounding, float(np.abs(_saliency(exact, batch) - wanted).max()))
    if not difference <= TOLERANCE:  # also true for NaN
        raise UnfitModelError(
            f"the exported file differs from the network by {difference:.2g}, more than {TOLERANCE}; not written"
        )
    return Proof(difference=difference, rounding=rounding)


def _saliency(net: U2Net, batch: Batch) -> Batch:
    import torch

    with torch.no_grad():
        fused: Tensor = net(torch.from_numpy(batch))[0]
        saliency: Batch = fused.sigmoid().numpy()
    return saliency


def _inputs(card: Card) -> list[Batch]:
    channels, (height, width) = len(card.mean), card.size_hw
    noise = np.random.default_rng(0)
    return [
        noise.normal(0, 1, (pictures, channels, *size)).astype(np.float32)
        for pictures, *size in ((1, height, width), (2, 97, 131), (3, 64, 33), (1, 1, 50))
    ] + ([_photo(card)] if channels == 3 else [])


def _photo(card: Card) -> Batch:
    from PIL import Image

    with Image.open(CAT) as opened:
        rgb = np.asarray(opened.convert("RGB").resize(card.size_hw[::-1]), np.float32)
    scaled = (rgb / rgb.max() - np.float32(card.mean)) / np.float32(card.std)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], np.float32)
