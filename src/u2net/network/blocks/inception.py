"""INC, the inception block: convolutions side by side that see ever farther (paper, Fig. 2d).

Szegedy et al. 2015, with dilation in the place of larger kernels, as in the paper.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from u2net.network.blocks.conv import ConvBlock, check_whole

MOST = 12
"""Most branches: the last is dilated by 2048."""


@dataclass(frozen=True, slots=True)
class InceptionSpec:
    """`branches` convolutions, 1 to 12, dilated by 1, 2, 4 …, of `mid` channels each, and one to
    `out`. Raises `ValueError` for other numbers.
    """

    branches: int
    mid: int
    out: int

    def __post_init__(self) -> None:
        check_whole("branches", self.branches, most=MOST)
        check_whole("mid", self.mid)
        check_whole("out", self.out)

    @property
    def layers(self) -> int:
        return self.branches + 1

    def build(self, inputs: int) -> "Inception":
        return Inception(inputs, self)


class Inception(nn.Module):
    """Branches that read one input; what they give is concatenated and mixed."""

    def __init__(self, inputs: int, spec: InceptionSpec) -> None:
        super().__init__()
        dilations = [2**branch for branch in range(spec.branches)]
        self.branches = nn.ModuleList(ConvBlock(inputs, spec.mid, d) for d in dilations)
        self.last = ConvBlock(spec.branches * spec.mid, spec.out)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.last(torch.cat([branch(x) for branch in self.branches], dim=1))
        return out
