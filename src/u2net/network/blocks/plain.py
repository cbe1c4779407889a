"""PLN, the plain block: two convolutions in line (paper, Fig. 2a)."""

from dataclasses import dataclass

from torch import nn

from u2net.network.blocks.conv import ConvBlock, check_whole


@dataclass(frozen=True, slots=True)
class PlainSpec:
    """`mid` and `out` are channels; else a `ValueError`."""

    mid: int
    out: int

    def __post_init__(self) -> None:
        check_whole("mid", self.mid)
        check_whole("out", self.out)

    @property
    def layers(self) -> int:
        return 2

    def build(self, inputs: int) -> nn.Sequential:
        return nn.Sequential(ConvBlock(inputs, self.mid), ConvBlock(self.mid, self.out))
