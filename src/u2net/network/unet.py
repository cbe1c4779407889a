"""U²-Net: a U-shaped network whose every block is itself a U-shaped network.

Qin et al., "U²-Net: Going Deeper with Nested U-Structure for Salient Object
Detection", Pattern Recognition 2020 (arXiv:2005.09007).

Shapes are (batch, channels, height, width) throughout; any height and width work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class BlockSpec(Protocol):
    """A block of the outer U: says how many channels come out and builds the module."""

    @property
    def out(self) -> int: ...

    def build(self, inputs: int) -> nn.Module: ...


@dataclass(frozen=True, slots=True)
class RSUSpec:
    """One residual U-block: the paper's RSU-`depth`, or RSU-`depth`F when `dilated`."""

    depth: int
    mid: int
    out: int
    dilated: bool = False

    def build(self, inputs: int) -> "RSU":
        return RSU(inputs, self)


@dataclass(frozen=True, slots=True)
class NestedSpec:
    """One level deeper, a U³-Net's block: a residual U whose blocks are `inner`, a U of RSUs."""

    inner: "U2NetSpec"
    out: int

    def build(self, inputs: int) -> "NestedU":
        return NestedU(inputs, self)


@dataclass(frozen=True, slots=True)
class U2NetSpec:
    """The paper's configuration table as data; both sides run from finest level to coarsest."""

    encoders: tuple[BlockSpec, ...]
    decoders: tuple[BlockSpec, ...]


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

_U3_BLOCK = U2NetSpec(
    encoders=tuple(RSUSpec(depth, mid=8, out=16) for depth in (4, 3, 2)),
    decoders=tuple(RSUSpec(depth, mid=8, out=16) for depth in (4, 3)),
)
U3 = U2NetSpec(
    encoders=(NestedSpec(_U3_BLOCK, out=32),) * 3,
    decoders=(NestedSpec(_U3_BLOCK, out=32),) * 2,
)
"""A small U³-Net: a U of U's of RSUs."""


class ConvBlock(nn.Module):
    """3×3 convolution, batch norm, ReLU; keeps height and width."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)), inplace=True)


class UShape(nn.Module):
    """Encode, go one level deeper, come back, decode with the skip: a U of any blocks.

    `halved[i]` says whether level i + 1 works at half the height and width of level i.
    """

    def __init__(
        self, encoders: Sequence[nn.Module], decoders: Sequence[nn.Module], halved: Sequence[bool]
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.decoders = nn.ModuleList(decoders)
        self.halved = tuple(halved)

    def levels(self, x: Tensor, level: int = 0) -> list[Tensor]:
        """Decoded features from `level` down to the bottom, finest first."""
        skip: Tensor = self.encoders[level](x)
        if level == len(self.decoders):
            return [skip]
        halved = self.halved[level]
        below = self.levels(halve(skip) if halved else skip, level + 1)
        risen = resize(below[0], like=skip) if halved else below[0]
        return [self.decoders[level](torch.cat([risen, skip], dim=1)), *below]


class RSU(UShape):
    """Residual U-block: a U of convolutions, added to its own input features."""

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
        return x + self.levels(x)[0]


class UOfBlocks(UShape):
    """A U whose blocks come from a spec; `widths` are the channels that `levels` returns."""

    def __init__(self, inputs: int, spec: U2NetSpec) -> None:
        *skips, bottom = (encoder.out for encoder in spec.encoders)
        widths = [*(decoder.out for decoder in spec.decoders), bottom]
        super().__init__(
            encoders=[
                e.build(width) for width, e in zip([inputs, *skips], spec.encoders, strict=True)
            ],
            decoders=[
                decoder.build(below + skip)
                for below, skip, decoder in zip(widths[1:], skips, spec.decoders, strict=True)
            ],
            halved=[True] * len(skips),
        )
        self.widths = tuple(widths)


class NestedU(UOfBlocks):
    """A residual U of RSUs, itself a block: what the RSU is to U²-Net, this is to U³-Net."""

    def __init__(self, inputs: int, spec: NestedSpec) -> None:
        super().__init__(spec.out, spec.inner)
        self.stem = ConvBlock(inputs, spec.out)
        self.widen = nn.Conv2d(self.widths[0], spec.out, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        widened: Tensor = self.widen(self.levels(x)[0])
        return x + widened


class U2Net(UOfBlocks):
    """A U of blocks with one side output per level and a fused output."""

    def __init__(self, spec: U2NetSpec = FULL, *, inputs: int = 3, outputs: int = 1) -> None:
        super().__init__(inputs, spec)
        self.spec, self.inputs, self.outputs = spec, inputs, outputs
        self.sides = nn.ModuleList(nn.Conv2d(w, outputs, 3, padding=1) for w in self.widths)
        self.fuse = nn.Conv2d(len(self.widths) * outputs, outputs, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Saliency logits at the size of `x`: the fused map, then one per level, finest first."""
        maps = [side(feature) for side, feature in zip(self.sides, self.levels(x), strict=True)]
        maps = [maps[0], *(resize(coarse, like=maps[0]) for coarse in maps[1:])]
        return [self.fuse(torch.cat(maps, dim=1)), *maps]


def full(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net, 44,009,869 parameters for 3 channels in and 1 map out."""
    return U2Net(FULL, inputs=inputs, outputs=outputs)


def lite(*, inputs: int = 3, outputs: int = 1) -> U2Net:
    """U²-Net†, 1,131,181 parameters for 3 channels in and 1 map out."""
    return U2Net(LITE, inputs=inputs, outputs=outputs)


def halve(x: Tensor) -> Tensor:
    """Max pooling by two; odd sizes round up, as the authors' network does."""
    return F.max_pool2d(x, 2, ceil_mode=True)


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, half-pixel centres, to the height and width of `like`."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
