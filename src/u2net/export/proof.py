"""Exported file × network -> how far they differ."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from u2net.arrays import Batch, Task
from u2net.errors import UnfitModelError
from u2net.export.trace import Form, activated
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file to be, and what it has to be proved against."""

    card: Card
    form: Form
    data: bytes
    """The ONNX file, its card inside."""
    stored: U2Net
    """The network with the weights that the file holds."""
    exact: U2Net
    """The network with the weights as they were."""


def prove(run: Callable[[Batch], Sequence[Batch]], draft: Draft) -> Proof:
    """`run` the exported file beside its network, on a photo and on noise, at several sizes.

    Raises `UnfitModelError` when any pixel of any output differs by more than `TOLERANCE` or is no
    number.
    """
    differences, roundings = [], []
    for batch in _inputs(draft):
        found = run(batch)
        if draft.form.logits:
            found = [_probabilities(logits, draft.card.task) for logits in found]
        wanted, exact = (
            _maps(net, batch, draft.card.task)[: len(found)] for net in (draft.stored, draft.exact)
        )
        differences.append(np.abs(np.stack(found) - wanted).max())
        roundings.append(np.abs(exact - wanted).max())
    proof = Proof(difference=float(np.max(differences)), rounding=float(np.max(roundings)))
    if not proof.difference <= TOLERANCE:  # so that NaN is refused too
        found_by = f"the exported file differs from the network by {proof.difference:.2g}"
        raise UnfitModelError(
            f"{draft.card.name}: {found_by}, more than {TOLERANCE}; it was not written"
        )
    return proof


def _maps(net: U2Net, batch: Batch, task: Task) -> Batch:
    """All maps, (maps, batch, outputs, height, width), 0…1, fused first."""
    import torch

    with torch.inference_mode():
        maps = [activated(logits, task).numpy() for logits in net(torch.from_numpy(batch))]
    return np.stack(maps)


def _probabilities(logits: Batch, task: Task) -> Batch:
    import torch

    return np.asarray(activated(torch.from_numpy(logits), task))


def _inputs(draft: Draft) -> Iterator[Batch]:
    """The photo as the network would see it, where it is one for photos, then noise."""
    channels = len(draft.card.mean)
    if channels == 3:
        yield to_input(decode(CAT.read_bytes()).rgb, draft.card)[None]
    noise = np.random.default_rng(0)
    sizes = [(1, *draft.card.size_hw)]
    if not draft.form.size_hw:
        sizes += [(2, 97, 131), (3, 64, 33), (1, 1, 50)]
    for pictures, *size in sizes:
        yield noise.normal(0, 1, (pictures, channels, *size)).astype(np.float32)
