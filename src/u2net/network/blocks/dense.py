"""DSE, the dense block: each convolution sees all before it (paper, Fig. 2c; Huang et al. 2017)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from u2net.network.blocks.conv import ConvBlock, check_whole

LONGEST = 32


@dataclass(frozen=True, slots=True)
class DenseSpec:
    """`depth` convolutions, 1 to 32, of `mid` channels each, and one to `out`.

    Raises `ValueError` for other numbers.
    """

    depth: int
    mid: int
    out: int

    def __post_init__(self) -> None:
        check_whole("depth", self.depth, most=LONGEST)
        check_whole("mid", self.mid)
        check_whole("out", self.out)

    @property
    def layers(self) -> int:
        return self.depth + 1

    def build(self, inputs: int) -> "Dense":
        return Dense(inputs, self)


class Dense(nn.Module):
    """Convolutions in line; each reads the input and what all before it gave, concatenated."""

    def __init__(self, inputs: int, spec: DenseSpec) -> None:
        super().__init__()
        widths = [inputs + step * spec.mid for step in range(spec.depth)]
        self.steps = nn.ModuleList(ConvBlock(width, spec.mid) for width in widths)
        self.last = ConvBlock(inputs + spec.depth * spec.mid, spec.out)

    def forward(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = torch.cat([x, step(x)], dim=1)
        out: Tensor = self.last(x)
        return out
