"""Logits of all maps and the truth -> one loss: deep supervision (paper, section 3.3).

Sizes are (batch, 1, height, width). Every term is a mean over the batch, so that the gradients of
ranks average to the gradient of the whole batch.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

WINDOW = 11
"""Side of the windows of SSIM (Wang et al. 2004)."""


def deep_supervision(
    maps: Sequence[Tensor], truth: Tensor, *, kind: str, weights: Sequence[float] = ()
) -> tuple[Tensor, Tensor]:
    """The weighted sum over the maps, and the loss of each map, (maps,), without gradient.

    `weights` has one number per map, fused first; empty means 1 each. Raises `ValueError` when they
    do not fit.
    """
    if weights and len(weights) != len(maps):
        raise ValueError(f"{len(weights)} weights for {len(maps)} maps")
    terms = [TERMS[name] for name in kind.split("+")]
    losses = torch.stack(
        [
            sum((term(m.to(truth.dtype), truth) for term in terms), start=truth.new_zeros(()))
            for m in maps
        ]
    )
    return losses @ losses.new_tensor(weights or [1.0] * len(maps)), losses.detach()


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


TERMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"bce": bce, "iou": iou, "ssim": ssim}
