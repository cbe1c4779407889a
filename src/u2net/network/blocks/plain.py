"""PLN, the plain block: two convolutions in line (paper, Fig. 2a)."""

from dataclasses import dataclass

from torch import nn

from u2net.network.blocks.conv import ConvBlock, Widths


@dataclass(frozen=True, slots=True)
class PlainSpec(Widths):
    """Channels, and nothing else, tell what it is."""

    @property
    def layers(self) -> int:
        return 2

    def build(self, inputs: int) -> nn.Sequential:
        return nn.Sequential(ConvBlock(inputs, self.mid), ConvBlock(self.mid, self.out))
