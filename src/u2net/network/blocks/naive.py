"""NIV, the naive U-block: an RSU without its residual (paper, Table 2: NIV U²-Net)."""

from dataclasses import dataclass

from torch import Tensor

from u2net.network.blocks.rsu import RSU, RSUSpec


@dataclass(frozen=True, slots=True)
class NaiveSpec(RSUSpec):
    """Depth, channels and dilation as of an `RSUSpec`."""

    def build(self, inputs: int) -> "Naive":
        return Naive(inputs, self)


class Naive(RSU):
    """A stem, and a U of convolutions whose result stands alone."""

    def forward(self, x: Tensor) -> Tensor:
        return self.features(self.stem(x)).decoded[0]
