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
        for encoder, halved in zip(self.encoders, (False, *self.halved), strict=True):
            x = encoder(halve(x) if halved else x)
            encoded.append(x)
        decoded = [x]
        for level in reversed(range(len(self.decoders))):
            skip = encoded[level]
            below = resize(decoded[0], like=skip) if self.halved[level] else decoded[0]
            decoded.insert(0, self.decoders[level](torch.cat([below, skip], dim=1)))
        return Features(encoded, decoded)


def halve(x: Tensor) -> Tensor:
    """Max pooling by two; odd sizes round up, as the authors' network does."""
    return F.max_pool2d(x, 2, ceil_mode=True)


def resize(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear, half-pixel centres, to the height and width of `like`."""
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=False)
