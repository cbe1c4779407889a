"""Blocks one after another, as one block: where one is not enough at the level it stands at."""

from dataclasses import dataclass

from torch import nn

from u2net.network.blocks.conv import BlockSpec


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """`blocks`, each of which sees what the one before gives; none is a `ValueError`."""

    blocks: tuple[BlockSpec, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if not self.blocks:
            raise ValueError("a chain has at least one block")

    @property
    def out(self) -> int:
        return self.blocks[-1].out

    @property
    def layers(self) -> int:
        return sum(block.layers for block in self.blocks)

    def build(self, inputs: int) -> nn.Sequential:
        widths = [inputs, *(block.out for block in self.blocks)]
        return nn.Sequential(
            *(block.build(width) for block, width in zip(self.blocks, widths, strict=False))
        )
