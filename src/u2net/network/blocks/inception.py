"""INC, the inception block: convolutions side by side that see ever farther (paper, Fig. 2d).

Szegedy et al. 2015, with dilation in the place of larger kernels, as in the paper.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from u2net.network.blocks.conv import ConvBlock, check_whole

MOST = 12
"""Most branches: the last is dilated by 23."""


@dataclass(frozen=True, slots=True)
class InceptionSpec:
    """A convolution to `mid` channels; `branches` more, 1 to 12, side by side, that read it, of
    `mid` channels each, dilated by 1, 3, 5, 7 …; and one to `out`. Else a `ValueError`."""

    branches: int
    mid: int
    out: int

    def __post_init__(self) -> None:
        check_whole("branches", self.branches, most=MOST)
        check_whole("mid", self.mid)
        check_whole("out", self.out)

    @property
    def layers(self) -> int:
        return self.branches + 2

    def build(self, inputs: int) -> "Inception":
        return Inception(inputs, self)


class Inception(nn.Module):
    """Branches that read one feature; what they give is concatenated and mixed."""

    def __init__(self, inputs: int, spec: InceptionSpec) -> None:
        super().__init__()
        self.stem = ConvBlock(inputs, spec.mid)
        dilations = [2 * branch + 1 for branch in range(spec.branches)]
        self.branches = nn.ModuleList(ConvBlock(spec.mid, spec.mid, d) for d in dilations)
        self.last = ConvBlock(spec.branches * spec.mid, spec.out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        out: Tensor = self.last(torch.cat([branch(x) for branch in self.branches], dim=1))
        return out
