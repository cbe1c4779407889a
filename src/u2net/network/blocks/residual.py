"""RES, the residual block: two convolutions, added to their input (paper, Fig. 2b; He et al. 2016).

As in an RSU the input goes through a stem first, for it has other channels than the output: RES is
an RSU with two convolutions in the place of the U.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from u2net.network.blocks.conv import ConvBlock, Widths


@dataclass(frozen=True, slots=True)
class ResidualSpec(Widths):
    """Channels, and nothing else, tell what it is."""

    @property
    def layers(self) -> int:
        return 3

    def build(self, inputs: int) -> "Residual":
        return Residual(inputs, self)


class Residual(nn.Module):
    """A stem, and two convolutions whose result is added to the stem's."""

    def __init__(self, inputs: int, spec: ResidualSpec) -> None:
        super().__init__()
        self.stem = ConvBlock(inputs, spec.out)
        self.body = nn.Sequential(ConvBlock(spec.out, spec.mid), ConvBlock(spec.mid, spec.out))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        added: Tensor = self.body(x)
        return x + added
