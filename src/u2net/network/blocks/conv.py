"""What every block is made of: 3×3 convolution, batch norm, ReLU."""

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn
from torch.nn import functional as F

WIDEST = 8192
"""Most channels of a layer; ten times those of any U²-Net, so that no file asks for more."""


class BlockSpec(Protocol):
    """A block of the outer U: says how many channels come out and builds the module.

    The module takes (batch, `inputs`, height, width) and returns (batch, `out`, height, width).
    """

    @property
    def out(self) -> int: ...

    @property
    def layers(self) -> int:
        """Convolutions in the block, known before it is built."""
        ...

    def build(self, inputs: int) -> nn.Module: ...


class ConvBlock(nn.Module):
    """3×3 convolution, batch norm, ReLU; keeps height and width."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)), inplace=True)


def check_whole(name: str, value: object, least: int = 1, most: int = WIDEST) -> None:
    """Raise `ValueError` unless `value`, of the setting `name`, is a whole number in the range."""
    if type(value) is not int or not least <= value <= most:
        found = str(value)[:40]
        raise ValueError(f"{name} must be a whole number from {least} to {most}, not {found}")


@dataclass(frozen=True, slots=True)
class Widths:
    """Channels within a block, `mid`, and out of it, `out`; else a `ValueError`."""

    mid: int
    out: int

    def __post_init__(self) -> None:
        check_whole("mid", self.mid)
        check_whole("out", self.out)
