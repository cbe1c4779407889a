"""Exported file × network -> how far they differ."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from u2net.arrays import Batch
from u2net.errors import UnfitModelError
from u2net.export.draft import Draft
from u2net.network import U2Net
from u2net.pictures.decode import decode
from u2net.preprocess import to_input
from u2net.weights.card import Card

TOLERANCE = 1e-4
"""Largest difference of any pixel of saliency (0…1) that is let pass."""

CAT = Path(__file__).with_name("cat.webp")
"""A photo to try exported files on: Chelsea, by Stéfan van der Walt, CC0 (from scikit-image)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far an exported file is from the network that it was made of."""

    difference: float
    """Largest difference of any pixel to the network with the weights that the file holds."""
    rounding: float
    """Largest difference that storing the weights in fewer bits made; 0 for fp32."""


def prove(run: Callable[[Batch], Batch], draft: Draft) -> Proof:
    """`run` the exported file beside its network, on a photo and on noise, at several sizes.

    Raises `UnfitModelError` when any pixel differs by more than `TOLERANCE` or is no number.
    """
    differences, roundings = [], []
    for batch in _inputs(draft.card):
        wanted = _saliency(draft.stored, batch)
        differences.append(np.abs(run(batch) - wanted).max())
        roundings.append(np.abs(_saliency(draft.exact, batch) - wanted).max())
    proof = Proof(difference=float(np.max(differences)), rounding=float(np.max(roundings)))
    if not proof.difference <= TOLERANCE:  # so that NaN is refused too
        found = f"the exported file differs from the network by {proof.difference:.2g}"
        raise UnfitModelError(
            f"{draft.card.name}: {found}, more than {TOLERANCE}; it was not written"
        )
    return proof


def _saliency(net: U2Net, batch: Batch) -> Batch:
    import torch

    with torch.inference_mode():
        saliency: Batch = net(torch.from_numpy(batch))[0].sigmoid().numpy()
    return saliency


def _inputs(card: Card) -> Iterator[Batch]:
    """The photo as the network would see it, where it is one for photos, then noise."""
    channels = len(card.mean)
    if channels == 3:
        yield to_input(decode(CAT.read_bytes()).rgb, card)[None]
    noise = np.random.default_rng(0)
    for pictures, *size in ((1, *card.size_hw), (2, 97, 131), (3, 64, 33), (1, 1, 50)):
        yield noise.normal(0, 1, (pictures, channels, *size)).astype(np.float32)
