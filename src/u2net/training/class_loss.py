"""Losses of maps that tell classes apart; sizes are (batch, classes, height, width).

As every term of `loss` each is a mean over the batch, so that the gradients of ranks average to the
gradient of the whole batch: pixels that count for nothing are zeros in it, not left out of it.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from u2net.training.loss import IGNORANT, TERMS, LossTerm
from u2net.training.recipe import Recipe, Term


def terms_of(recipe: Recipe) -> Mapping[Term, LossTerm]:
    """What each term of the recipe's loss is, of logits and truth.

    The truth of multiclass is a number in each pixel, (batch, 1, height, width) float32; that of
    multilabel a plane 0…1 for each class.
    """
    if recipe.task == "saliency":
        return TERMS
    weights = torch.tensor(recipe.class_weights or (1.0,) * len(recipe.classes))
    ignore = recipe.ignore
    if recipe.task == "multiclass":
        return {
            "ce": lambda logits, truth: cross_entropy(logits, truth, weights, ignore),
            "iou": lambda logits, truth: exclusive_iou(logits, truth, ignore),
        }
    return {"bce": lambda logits, truth: weighted_bce(logits, truth, weights), "iou": class_iou}


def ignorance_of(recipe: Recipe) -> Mapping[Term, float]:
    """About what each term is where a network gives all classes the same chance."""
    if recipe.task == "saliency":
        return IGNORANT
    heaviest = max(recipe.class_weights or (1.0,))
    classes = len(recipe.classes) if recipe.task == "multiclass" else 2
    return {"ce": heaviest * math.log(classes), "bce": heaviest * math.log(2), "iou": 1.0}


def cross_entropy(logits: Tensor, truth: Tensor, weights: Tensor, ignore: int) -> Tensor:
    """Cross-entropy of the softmax over the classes, on logits, by the weight of the true class."""
    return F.cross_entropy(
        logits,
        truth[:, 0].long(),
        weight=weights.to(logits),
        ignore_index=ignore,
        reduction="none",
    ).mean()


def weighted_bce(logits: Tensor, truth: Tensor, weights: Tensor) -> Tensor:
    """Binary cross-entropy of each class, by its weight."""
    weight = weights.to(logits)[:, None, None]
    return F.binary_cross_entropy_with_logits(logits, truth, weight=weight)


def exclusive_iou(logits: Tensor, truth: Tensor, ignore: int) -> Tensor:
    """`overlap_loss` of the softmax and the true class of each pixel that counts."""
    counts = truth != ignore
    numbers = torch.where(counts, truth, 0)[:, 0].long()
    planes = F.one_hot(numbers, logits.shape[1]).permute(0, 3, 1, 2).to(logits)
    return overlap_loss(logits.softmax(dim=1) * counts, planes * counts)


def class_iou(logits: Tensor, truth: Tensor) -> Tensor:
    """`overlap_loss` of the sigmoids and the planes."""
    return overlap_loss(logits.sigmoid(), truth)


def overlap_loss(probabilities: Tensor, planes: Tensor) -> Tensor:
    """1 − intersection over union of each picture and class (as in BASNet), mean over both."""
    both = (probabilities * planes).sum(dim=(2, 3))
    either = (probabilities + planes).sum(dim=(2, 3)) - both
    return (1 - (both + 1) / (either + 1)).mean()
