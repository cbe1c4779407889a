"""Batch norm over all ranks together, on GPUs and on CPUs."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class RanksNorm(nn.BatchNorm2d):
    """Batch norm with the statistics of the batches of all ranks, which must be equal in size.

    `torch.nn.SyncBatchNorm` does this on GPUs only. Shapes (batch, channels, height, width).
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(input)
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        # Around any value of the channel the mean of a constant one is exact; else rounding would
        # leave noise where batch norm gives 0, and the ReLU behind it would let gradients pass.
        origin = x.detach()[0, :, 0, 0]
        mean = over_ranks(origin + (x - origin[:, None, None]).mean((0, 2, 3)))
        centred = x - mean[:, None, None]
        variance = over_ranks(centred.square().mean((0, 2, 3)))
        self.remember(mean, variance, x.numel() // x.shape[1] * dist.get_world_size())
        scale = self.weight * torch.rsqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(input.dtype)

    @torch.no_grad()
    def remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics, with the unbiased variance as torch does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        momentum = self.momentum or 0.0
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance * count / max(1, count - 1), momentum)


def over_ranks(x: Tensor) -> Tensor:
    """The mean over the ranks, with gradient."""
    total: Tensor = Sum.apply(x)  # type: ignore[no-untyped-call]
    return total / dist.get_world_size()


class Sum(torch.autograd.Function):
    """The sum over the ranks; its gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def synchronise(net: nn.Module) -> nn.Module:
    """`net` with every batch norm replaced by one over all ranks; weights and their names stay."""
    if torch.cuda.is_available():
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(net)  # type: ignore[no-untyped-call]
        return converted
    for module in net.modules():
        if type(module) is nn.BatchNorm2d:
            # The two classes have the same parts: only the arithmetic changes.
            module.__class__ = RanksNorm
    return net
