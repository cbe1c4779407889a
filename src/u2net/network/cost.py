"""What a network or a block costs: parameters, multiply-adds, activations. Nothing is computed.

Multiply-adds are those of convolutions, counted by torch (`FlopCounterMode`, which counts two
operations each); norms, sums, pooling and resizing weigh nothing beside them. Activations are what
every convolution gives, in float32: about what a training step keeps for the way back, for each
picture.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one picture."""

    parameters: int
    multiply_adds: int
    activations: int
    """Bytes."""


def cost_of(module: nn.Module, inputs: int, size_hw: tuple[int, int]) -> Cost:
    """The cost of `module`, on the device `meta`, for (1, `inputs`, height, width)."""
    given = 0

    def count(_: nn.Module, __: Any, out: Tensor) -> None:
        nonlocal given
        given += out.numel() * 4

    layers = [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(torch.empty(1, inputs, *size_hw, device="meta"))
    for hook in hooks:
        hook.remove()
    return Cost(
        parameters=sum(p.numel() for p in module.parameters()),
        multiply_adds=counter.get_total_flops() // 2,
        activations=given,
    )
