"""A U of any blocks: encode, go one level deeper, come back, decode with the skip."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Features(NamedTuple):
    """What the blocks of a U give, finest level first: (batch, channels, height, width) each.

    A level below a halving has half the height and width, rounded up. The bottom has no decoder:
    its encoder's features stand last in both.
    """

    encoded: list[Tensor]
    """Of each encoder; the next one sees it halved."""
    decoded: list[Tensor]
    """Of each decoder, which sees the decoded features below, resized, and its own level's encoded
    ones, in this order; then of the bottom."""


class UShape(nn.Module):
    """Encoders and decoders, finest level first.

    `halved[i]` says whether level i + 1 works at half the height and width of level i.
    """

    def __init__(
        self, encoders: Sequence[nn.Module], decoders: Sequence[nn.Module], halved: Sequence[bool]
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.decoders = nn.ModuleList(decoders)
        self.halved = tuple(halved)

    def features(self, x: Tensor) -> Features:
        """What every block gives for `x`, (batch, channels, height, width)."""
        encoded: list[Tensor] = []
        for level, encoder in enumerate(self.encoders):
            x = encoder(self.to_encoder(level, x))
            encoded.append(x)
        decoded = [x]
        for level in reversed(range(len(self.decoders))):
            decoded.insert(0, self.decoders[level](self.to_decoder(level, decoded[0], encoded)))
        return Features(encoded, decoded)

    def to_encoder(self, level: int, above: Tensor) -> Tensor:
        """What the encoder of a level sees: the level above, halved where this one is smaller."""
        return halve(above) if level and self.halved[level - 1] else above

    def to_decoder(self, level: int, below: Tensor, encoded: Sequence[Tensor]) -> Tensor:
        """What the decoder of a level sees: decoded features below, and its own encoded ones."""
        skip = encoded[level]
        return torch.cat([resize(below, like=skip) if self.halved[level] else below, skip], dim=1)


def halve(x: Tensor) -> Tensor:
    """Max pooling by two; odd sizes round up, as the authors' network does."""
    return F.max_pool2d(x, 2, ceil_mode=True)


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, half-pixel centres, to the height and width of `like`."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
