"""Exported file × network -> how far they differ."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from u2net.arrays import Batch
from u2net.errors import UnfitModelError
from u2net.export.draft import Draft
from u2net.network import U2Net
from u2net.network.activation import activated
from u2net.pictures.decode import decode
from u2net.preprocess import to_input
from u2net.task import Task

TOLERANCE = 1e-4
"""Largest difference of any pixel of saliency (0…1) that is let pass."""
ALLOWANCE = 3.0
"""Where float32 itself is no nearer to float64 than that: so many times its distance is let pass,
for engines round in another order."""

Run: TypeAlias = Callable[[Batch], Sequence[Batch]]
"""(N, channels, H, W) normalised -> the maps of a file, fused first."""

PHOTOS = sorted(Path(__file__).with_name("photos").glob("*.webp"))
"""Photos to try exported files on, free of copyright (from scikit-image): Eileen Collins (NASA),
Chelsea (Stéfan van der Walt), a cup of coffee (Rachel Michetti), a launch (SpaceX)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far an exported file is from the network that it was made of."""

    difference: float
    """Largest difference of any pixel to the network with the weights that the file holds."""
    mean: float
    """Mean difference of a pixel of the fused map, on photos where it is a network for photos."""
    rounding: float
    """Largest difference that storing the weights in fewer bits made; 0 for fp32."""


def prove(run: Run, draft: Draft, *, least: int = 1) -> Proof:
    """`run` the exported file beside its network, on photos and on noise, at several sizes.

    The file takes sides of `least` pixels or more.

    Raises `UnfitModelError` when any pixel of any output differs by more than `TOLERANCE`, or than
    float32 explains, or is no number.
    """
    differences, means, roundings = [], [], []
    for batch in _inputs(draft, least):
        found = run(batch)
        if draft.form.logits:
            found = [_probabilities(logits, draft.card.task) for logits in found]
        wanted, exact = (
            np.stack(maps_by(net, draft.card.task)(batch))[: len(found)]
            for net in (draft.stored, draft.exact)
        )
        apart = np.abs(np.stack(found) - wanted)
        differences.append(apart.max())
        means.append(apart[0].mean())
        roundings.append(np.abs(exact - wanted).max())
    proof = Proof(
        difference=float(np.max(differences)),
        mean=float(np.mean(means[: len(PHOTOS)])),
        rounding=float(np.max(roundings)),
    )
    if not proof.difference <= TOLERANCE:  # so that NaN is refused too
        limit = max(TOLERANCE, ALLOWANCE * _float32_error(draft, least))
        if not proof.difference <= limit:
            found_by = f"the exported file differs from the network by {proof.difference:.2g}"
            raise UnfitModelError(
                f"{draft.card.name}: {found_by}, more than {limit:.2g}; it was not written"
            )
    return proof


def _float32_error(draft: Draft, least: int) -> float:
    """Largest difference of any pixel between the network in float32 and in float64."""
    exact = maps_by(deepcopy(draft.stored).double(), draft.card.task)
    ours = maps_by(draft.stored, draft.card.task)
    return max(
        float(np.abs(np.stack(ours(batch)) - np.stack(exact(batch.astype(np.float64)))).max())
        for batch in _inputs(draft, least)
    )


def maps_by(net: U2Net, task: Task) -> Run:
    """How the network itself is run: all its maps, (batch, outputs, height, width), 0…1 each."""
    import torch

    def run(batch: Batch) -> Sequence[Batch]:
        with torch.inference_mode():
            return [activated(logits, task).numpy() for logits in net(torch.from_numpy(batch))]

    return run


def _probabilities(logits: Batch, task: Task) -> Batch:
    import torch

    return np.asarray(activated(torch.from_numpy(logits), task))


def _inputs(draft: Draft, least: int) -> Iterator[Batch]:
    """The photos as the network would see them, where it is one for photos, then noise."""
    channels = len(draft.card.mean)
    if channels == 3:
        for photo in PHOTOS:
            yield to_input(decode(photo.read_bytes()).rgb, draft.card)[None]
    noise = np.random.default_rng(0)
    sizes = [(1, *draft.card.size_hw)]
    if not draft.form.size_hw:
        sizes += [(2, 97, 131), (3, 64, 33), (1, 1, 50)]
    for pictures, *size in (size for size in sizes if min(size[1:]) >= least):
        yield noise.normal(0, 1, (pictures, channels, *size)).astype(np.float32)
