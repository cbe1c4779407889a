"""U²-Net: a U-shaped network whose every block is itself a U-shaped network.

Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object
Detection", Pattern Recognition 2020 (arXiv:2005.09007).

Shapes are (batch, channels, height, width) throughout; any height and width work.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from u2net.network.blocks.chain import ChainSpec
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

_, _, _THIRD, _FOURTH, _FIFTH, _ = _LITE_LEVELS
SWIFT = U2NetSpec(
    encoders=(
        ChainSpec((RSUSpec(6, mid=16, out=64), _THIRD)),
        _FOURTH,
        ChainSpec((_FIFTH, _FIFTH)),
    ),
    decoders=(_THIRD, _FOURTH),
    patch=4,
)
"""The third to the fifth level of U²-Net†, behind one block that sees patches of 4×4 pixels."""

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
        area = spec.patch**2
        super().__init__(inputs * area, spec)
        self.spec, self.inputs, self.outputs = spec, inputs, outputs
        self.sides = nn.ModuleList(nn.Conv2d(w, outputs * area, 3, padding=1) for w in self.widths)
        self.fuse = nn.Conv2d(len(self.widths) * outputs, outputs, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Saliency logits at the size of `x`: the fused map, then one per level, finest first."""
        return self.maps(self.features(x), like=x)

    def to_encoder(self, level: int, above: Tensor) -> Tensor:
        """What the encoder of a level sees: the finest one patches, the others what is halved."""
        return super().to_encoder(level, above) if level else patches(above, self.spec.patch)

    def maps(self, features: Features, *, like: Tensor | None = None) -> list[Tensor]:
        """What `forward` returns, of `features(x)`: logits (batch, maps, height, width) each.

        At the height and width of `like`, or of whole patches where that is not given.
        """
        decoded = zip(self.sides, features.decoded, strict=True)
        maps: list[Tensor] = [pixels(side(feature), self.spec.patch) for side, feature in decoded]
        maps = [maps[0], *(resize(coarse, like=maps[0]) for coarse in maps[1:])]
        maps = [self.fuse(torch.cat(maps, dim=1)), *maps]
        if like is None or self.spec.patch == 1:
            return maps
        height, width = like.shape[2:]
        return [logits[..., :height, :width] for logits in maps]


def patches(x: Tensor, side: int) -> Tensor:
    """Squares of `side` pixels as channels, those at the far edges filled up with its pixels."""
    if side == 1:
        return x
    height, width = x.shape[2:]
    whole = F.pad(x, (0, -width % side, 0, -height % side), mode="replicate")
    return F.pixel_unshuffle(whole, side)


def pixels(x: Tensor, side: int) -> Tensor:
    """Channels as squares of `side` pixels."""
    return x if side == 1 else F.pixel_shuffle(x, side)


def full(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net, 44,009,869 parameters for 3 channels in and 1 map out."""
    return U2Net(FULL, inputs=inputs, outputs=outputs)


def lite(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net†, 1,131,181 parameters for 3 channels in and 1 map out."""
    return U2Net(LITE, inputs=inputs, outputs=outputs)


def swift(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """A network of 689,428 parameters with a tenth of the multiply-adds of U²-Net†."""
    return U2Net(SWIFT, inputs=inputs, outputs=outputs)
