"""RSU, the residual U-block: a U of convolutions, added to its own input features (paper, §3.1)."""

from dataclasses import dataclass

from torch import Tensor

from u2net.network.blocks.conv import ConvBlock, check_whole
from u2net.network.blocks.ushape import UShape

DEEPEST = 32
"""Most levels of a block: no picture has so many halvings in it."""


@dataclass(frozen=True, slots=True)
class RSUSpec:
    """One residual U-block: the paper's RSU-`depth`, or RSU-`depth`F when `dilated`.

    `depth` is from 2 to 32, `mid` and `out` are channels; else a `ValueError`.
    """

    depth: int
    mid: int
    out: int
    dilated: bool = False

    def __post_init__(self) -> None:
        check_whole("depth", self.depth, 2, DEEPEST)
        check_whole("mid", self.mid)
        check_whole("out", self.out)
        if type(self.dilated) is not bool:
            raise ValueError(f"dilated must be true or false, not {str(self.dilated)[:40]}")

    @property
    def layers(self) -> int:
        return 2 * self.depth

    def build(self, inputs: int) -> "RSU":
        return RSU(inputs, self)


class RSU(UShape):
    """A stem, and a U of convolutions whose result is added to the stem's."""

    def __init__(self, inputs: int, spec: RSUSpec) -> None:
        bottom = spec.depth - 1
        widths = [spec.out] + [spec.mid] * bottom
        if spec.dilated:
            dilations = [2**level for level in range(spec.depth)]
            halved = [False] * bottom
        else:
            # The bottom is not halved once more: dilation widens its view (paper, Fig. 2e).
            dilations = [1] * bottom + [2]
            halved = [True] * (bottom - 1) + [False]
        super().__init__(
            encoders=[ConvBlock(w, spec.mid, d) for w, d in zip(widths, dilations, strict=True)],
            decoders=[
                ConvBlock(2 * spec.mid, w, d)
                for w, d in zip(widths[:-1], dilations[:-1], strict=True)
            ],
            halved=halved,
        )
        self.stem = ConvBlock(inputs, spec.out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return x + self.features(x).decoded[0]
