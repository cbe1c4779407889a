"""U's of blocks, and such a U as a block itself: what makes U²-Net U³-Net, and so on."""

from dataclasses import dataclass

from torch import Tensor, nn

from u2net.network.blocks.conv import BlockSpec, ConvBlock, check_whole
from u2net.network.blocks.ushape import UShape

LARGEST_PATCH = 16


@dataclass(frozen=True, slots=True)
class U2NetSpec:
    """The paper's configuration table as data; both sides run from finest level to coarsest.

    One encoder more than decoders, for the bottom has none; else a `ValueError`.
    """

    encoders: tuple[BlockSpec, ...]
    decoders: tuple[BlockSpec, ...]
    patch: int = 1
    """Side, in pixels, of what the finest level takes for one place: its pixels become channels,
    and the channels of a map pixels (sub-pixel convolution: Shi et al., CVPR 2016). A network of
    patch 4 costs a sixteenth, and draws at full resolution still. From 1 to 16."""

    def __post_init__(self) -> None:
        for side in ("encoders", "decoders"):
            object.__setattr__(self, side, tuple(getattr(self, side)))
        encoders, decoders = len(self.encoders), len(self.decoders)
        if not encoders or encoders != decoders + 1:
            raise ValueError(
                f"a U has one encoder more than decoders, not {encoders} and {decoders}"
            )
        check_whole("patch", self.patch, most=LARGEST_PATCH)

    @property
    def layers(self) -> int:
        """Convolutions in all its blocks."""
        return sum(block.layers for block in (*self.encoders, *self.decoders))


@dataclass(frozen=True, slots=True)
class NestedSpec:
    """One level deeper, a U³-Net's block: a residual U whose blocks are `inner`, a U of RSUs."""

    inner: U2NetSpec
    out: int

    def __post_init__(self) -> None:
        if not isinstance(self.inner, U2NetSpec):
            raise ValueError(f"inner must be a U2NetSpec, not {type(self.inner).__name__}")
        if self.inner.patch != 1:
            raise ValueError("patch is for the outer U; an inner one has 1")
        check_whole("out", self.out)

    @property
    def layers(self) -> int:
        return self.inner.layers + 2

    def build(self, inputs: int) -> "NestedU":
        return NestedU(inputs, self)


class UOfBlocks(UShape):
    """A U whose blocks come from a spec; `widths` are the channels of the decoded features."""

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
        widened: Tensor = self.widen(self.features(x).decoded[0])
        return x + widened
