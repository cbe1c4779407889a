"""Batch norms of weights that others trained: frozen ones, and folded ones made norms again."""

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from u2net.network import U2Net
from u2net.training.recipe import Recipe

NEAR = 1e-3
"""How far from a new norm one may be that was folded away and stored in float16."""


def norms_of(net: nn.Module) -> Iterator[nn.BatchNorm2d]:
    """The batch norms of a network."""
    return (module for module in net.modules() if isinstance(module, nn.BatchNorm2d))


def frozen(net: U2Net, recipe: Recipe) -> Iterator[nn.Module]:
    """Modules that do not learn."""
    if recipe.freeze == "encoders":
        yield from net.encoders
    if recipe.freeze_norm:
        yield from norms_of(net)


def freeze(net: U2Net, recipe: Recipe) -> None:
    """Let the optimiser leave alone what does not learn."""
    for module in frozen(net, recipe):
        module.requires_grad_(False)


def is_folded(net: nn.Module) -> bool:
    """Whether every batch norm is as good as new, as when all were folded into convolutions."""
    return all(map(is_new, norms_of(net)))


@torch.no_grad()
def is_new(norm: nn.BatchNorm2d) -> bool:
    """Whether a norm has weights of 1, no bias, and the statistics it begins with."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    ones, zeros = (norm.weight, norm.running_var), (norm.bias, norm.running_mean)
    off = [(one - 1).abs().max() for one in ones] + [zero.abs().max() for zero in zeros]
    return all(float(far) < NEAR for far in off)


@torch.no_grad()
def unfold(net: U2Net, photos: Iterable[Tensor]) -> None:
    """Make norms that do nothing norms with the statistics of `photos`, the network unchanged.

    Each gets the mean and variance of what comes in, and weights that bring just these back: in
    evaluation mode the network computes what it did, and in training mode, where the statistics are
    the batch's, nearly so. Photos are (batch, 3, height, width) float32, normalised.
    """
    sums: dict[nn.Module, Tensor] = {}

    def add(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sums[norm] = sums.get(norm, 0) + sums_of(inputs[0])

    hooks: list[Any] = [norm.register_forward_pre_hook(add) for norm in norms_of(net)]
    training = net.training
    net.eval()
    for photo in photos:
        net(photo)
    net.train(training)
    for hook in hooks:
        hook.remove()
    for norm in norms_of(net):
        fill(norm, sums[norm])


def sums_of(feature: Tensor) -> Tensor:
    """Count, sum and sum of squares of each channel of (batch, channels, height, width), in
    float64, (3, channels); those of several batches add up."""
    x = feature.double().transpose(0, 1).flatten(1)
    return torch.stack([torch.full_like(x[:, 0], x.shape[1]), x.sum(1), x.square().sum(1)])


def statistics(sums: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of each channel, of its `sums_of`."""
    count, total, squares = sums
    mean = total / count
    return mean, (squares / count - mean.square()).clamp_min(0)


def fill(norm: nn.BatchNorm2d, sums: Tensor) -> None:
    """Give a norm statistics, and the weights that undo them."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean, variance = statistics(sums)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.bias.copy_(mean)
