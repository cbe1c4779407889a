"""Logits of all maps and the truth -> one loss: deep supervision (paper, section 3.3).

Sizes are (batch, 1, height, width). Every term is a mean over the batch, so that the gradients of
ranks average to the gradient of the whole batch.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from u2net.training.recipe import Term

LossTerm = Callable[[Tensor, Tensor], Tensor]
"""Logits and truth -> their loss."""

WINDOW = 11
"""Side of the windows of SSIM (Wang et al. 2004)."""
AROUND, BORDER = 31, 5.0
"""Structure loss: side of the surroundings that a pixel is compared with, and how much more one
counts that differs from all of them."""


def deep_supervision(
    maps: Sequence[Tensor],
    truth: Tensor,
    *,
    terms: Mapping[Term, float],
    weights: Sequence[float] = (),
    of: Mapping[Term, LossTerm] | None = None,
) -> tuple[Tensor, Tensor]:
    """The weighted sum over the maps, and the loss of each map, (maps,), without gradient.

    The loss of a map is the sum of its `terms` times their weights. `weights` has one number per
    map, fused first; empty means 1 each. `of` says what the terms are, where not `TERMS`. Raises
    `ValueError` when they do not fit.
    """
    if weights and len(weights) != len(maps):
        raise ValueError(f"{len(weights)} weights for {len(maps)} maps")
    of = TERMS if of is None else of
    losses = torch.stack([of_map(m.to(truth.dtype), truth, terms, of) for m in maps])
    return losses @ losses.new_tensor(weights or [1.0] * len(maps)), losses.detach()


def of_map(
    logits: Tensor, truth: Tensor, terms: Mapping[Term, float], of: Mapping[Term, LossTerm]
) -> Tensor:
    """The loss of one map."""
    start = truth.new_zeros(())
    return sum((w * of[term](logits, truth) for term, w in terms.items() if w), start=start)


def of_ignorance(
    terms: Mapping[Term, float],
    maps: int,
    weights: Sequence[float] = (),
    of: Mapping[Term, float] | None = None,
) -> float:
    """About what a network loses that answers one half everywhere: no less than a fresh one.

    `of` says what each term is then, where not `IGNORANT`.
    """
    each = IGNORANT if of is None else of
    return sum(weights or [1.0] * maps) * sum(w * each[term] for term, w in terms.items())


def bce(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy, on logits: exact where the authors' sigmoids saturate."""
    return F.binary_cross_entropy_with_logits(logits, truth)


def iou(logits: Tensor, truth: Tensor) -> Tensor:
    """1 − intersection over union of each picture (as in BASNet), mean over the pictures."""
    saliency = logits.sigmoid()
    both = (saliency * truth).sum(dim=(1, 2, 3))
    either = (saliency + truth).sum(dim=(1, 2, 3)) - both
    return (1 - (both + 1) / (either + 1)).mean()


def ssim(logits: Tensor, truth: Tensor) -> Tensor:
    """1 − structural similarity (Wang et al. 2004, flat windows), as in BASNet."""
    saliency = logits.sigmoid()

    def local(x: Tensor) -> Tensor:
        # Lines, then columns: a quarter of the time of the square at once.
        for _ in range(2):
            x = F.avg_pool1d(x.flatten(0, 1), WINDOW, stride=1)[:, None].mT
        return x

    a, b = local(saliency), local(truth)
    aa, bb, ab = (
        local(saliency**2) - a * a,
        local(truth**2) - b * b,
        local(saliency * truth) - a * b,
    )
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))
    return (1 - similarity).mean()


def structure(logits: Tensor, truth: Tensor) -> Tensor:
    """Weighted BCE + weighted IoU of F3Net (Wei et al. 2020): pixels unlike their surroundings,
    which are the borders, count up to six times. Mean over the pictures."""
    around = F.avg_pool2d(truth, AROUND, stride=1, padding=AROUND // 2)
    weight = 1 + BORDER * (around - truth).abs()
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    saliency = logits.sigmoid()

    def summed(x: Tensor) -> Tensor:
        return (weight * x).sum(dim=(1, 2, 3))

    both, either = summed(saliency * truth), summed(saliency + truth)
    overlap = (both + 1) / (either - both + 1)
    return (summed(entropy) / weight.sum(dim=(1, 2, 3)) + 1 - overlap).mean()


TERMS: dict[Term, LossTerm] = {
    "bce": bce,
    "iou": iou,
    "ssim": ssim,
    "structure": structure,
}
IGNORANT: dict[Term, float] = {
    "bce": math.log(2),
    "iou": 1.0,
    "ssim": 1.0,
    "structure": math.log(2) + 1,
}
"""What each term is, at most, of a saliency of one half everywhere."""
