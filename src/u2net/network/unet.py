"""U²-Net: a U-shaped network whose every block is itself a U-shaped network.

Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object
Detection", Pattern Recognition 2020 (arXiv:2005.09007).

Shapes are (batch, channels, height, width) throughout; any height and width work.
"""

import torch
from torch import Tensor, nn

from u2net.network.blocks.conv import check_whole
from u2net.network.blocks.nested import NestedSpec, U2NetSpec, UOfBlocks
from u2net.network.blocks.rsu import RSUSpec
from u2net.network.blocks.ushape import Features, resize

FULL = U2NetSpec(
    encoders=(
        RSUSpec(7, mid=32, out=64),
        RSUSpec(6, mid=32, out=128),
        RSUSpec(5, mid=64, out=256),
        RSUSpec(4, mid=128, out=512),
        RSUSpec(4, mid=256, out=512, dilated=True),
        RSUSpec(4, mid=256, out=512, dilated=True),
    ),
    decoders=(
        RSUSpec(7, mid=16, out=64),
        RSUSpec(6, mid=32, out=64),
        RSUSpec(5, mid=64, out=128),
        RSUSpec(4, mid=128, out=256),
        RSUSpec(4, mid=256, out=512, dilated=True),
    ),
)

_LITE_LEVELS = (
    RSUSpec(7, mid=16, out=64),
    RSUSpec(6, mid=16, out=64),
    RSUSpec(5, mid=16, out=64),
    RSUSpec(4, mid=16, out=64),
    RSUSpec(4, mid=16, out=64, dilated=True),
    RSUSpec(4, mid=16, out=64, dilated=True),
)
LITE = U2NetSpec(encoders=_LITE_LEVELS, decoders=_LITE_LEVELS[:-1])

TINY = U2NetSpec(
    encoders=(
        RSUSpec(4, mid=4, out=8),
        RSUSpec(3, mid=4, out=8),
        RSUSpec(3, mid=4, out=8, dilated=True),
    ),
    decoders=(RSUSpec(4, mid=4, out=8), RSUSpec(3, mid=4, out=8)),
)
"""A toy of U²-Net's shape, for tests and smoke runs: three levels, a few thousand weights."""

_U3_BLOCK = U2NetSpec(
    encoders=tuple(RSUSpec(depth, mid=8, out=16) for depth in (4, 3, 2)),
    decoders=tuple(RSUSpec(depth, mid=8, out=16) for depth in (4, 3)),
)
U3 = U2NetSpec(
    encoders=(NestedSpec(_U3_BLOCK, out=32),) * 3,
    decoders=(NestedSpec(_U3_BLOCK, out=32),) * 2,
)
"""A small U³-Net: a U of U's of RSUs."""


class U2Net(UOfBlocks):
    """A U of blocks with one side output per level and a fused output.

    Raises `ValueError` for channels or maps that are no number from 1 on.
    """

    def __init__(self, spec: U2NetSpec = FULL, *, inputs: int = 3, outputs: int = 1) -> None:
        check_whole("inputs", inputs)
        check_whole("outputs", outputs)
        super().__init__(inputs, spec)
        self.spec, self.inputs, self.outputs = spec, inputs, outputs
        self.sides = nn.ModuleList(nn.Conv2d(w, outputs, 3, padding=1) for w in self.widths)
        self.fuse = nn.Conv2d(len(self.widths) * outputs, outputs, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Saliency logits at the size of `x`: the fused map, then one per level, finest first."""
        return self.maps(self.features(x))

    def maps(self, features: Features) -> list[Tensor]:
        """What `forward` returns, of `features(x)`: logits (batch, maps, height, width) each."""
        decoded = zip(self.sides, features.decoded, strict=True)
        maps: list[Tensor] = [side(feature) for side, feature in decoded]
        maps = [maps[0], *(resize(coarse, like=maps[0]) for coarse in maps[1:])]
        return [self.fuse(torch.cat(maps, dim=1)), *maps]


def full(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net, 44,009,869 parameters for 3 channels in and 1 map out."""
    return U2Net(FULL, inputs=inputs, outputs=outputs)


def lite(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net†, 1,131,181 parameters for 3 channels in and 1 map out."""
    return U2Net(LITE, inputs=inputs, outputs=outputs)
