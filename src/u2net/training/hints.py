"""Hints: the features of a teacher as targets of a student.

By block: a student of the teacher's spec learns each block alone, from what the teacher's own block
sees to what it gives, all blocks in one step; every place of every feature is a target, and no
error of one block reaches another (Wang et al., "Progressive Blockwise Knowledge Distillation for
Neural Network Acceleration", IJCAI 2018; Li et al., "Blockwisely Supervised Neural Architecture
Search with Knowledge Distillation", CVPR 2020).
Whole: the student's own features are held to the teacher's while its maps learn the teacher's and
people's (Romero et al., "FitNets: Hints for Thin Deep Nets", ICLR 2015); a student of another spec
through 1×1 convolutions, which are dropped afterwards.

Features are scaled by channel, (feature − low) / deviation, and the student lives in that scale: in
the teacher's own a few loud channels would be all that counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from u2net.network import Features, U2Net, fold
from u2net.network.blocks.ushape import resize

HIGHEST = 20.0
"""Deviations above low to which a scaled feature reaches: a few bright spots are no target."""
LOW = 0.001
"""Quantile of a channel that becomes 0."""
QUIETEST = 0.02
"""Of the mean deviation of a feature's channels: the least that a channel is divided by."""
PLACES = 1 << 14
"""Of a channel and batch, from which the quantile is taken."""


class Scale(NamedTuple):
    """Of one block's output, (channels,) each."""

    low: Tensor
    deviation: Tensor
    energy: Tensor
    """Mean square of the scaled feature: the error of a student that gives 0."""

    def with_deviation(self, deviation: Tensor) -> "Scale":
        """The same, divided by another deviation."""
        energy = self.energy * (self.deviation / deviation).square()
        return Scale(self.low, deviation, energy)

    def __call__(self, feature: Tensor) -> Tensor:
        """(batch, channels, height, width), 0…20."""
        low, deviation = (value.to(feature)[:, None, None] for value in self[:2])
        return ((feature - low) / deviation).clamp(0, HIGHEST)


class Lesson(NamedTuple):
    """What a teacher says of a batch."""

    features: Features
    """Scaled."""
    saliency: Tensor
    """Its fused map, (batch, 1, height, width), 0…1."""


class Teacher:
    """A network that is asked, never changed; no module, so that nothing stores or averages it."""

    def __init__(self, net: U2Net) -> None:
        self.net = fold(net).float().requires_grad_(False)
        self.scales: list[Scale] = []
        """Of each feature in the order of `heard`."""

    def __deepcopy__(self, memo: Any) -> "Teacher":
        """The same: averages of a module that has a teacher need no second one."""
        return self

    @property
    def energies(self) -> list[float]:
        """Of each block: the mean error of one that gives 0."""
        return [float(scale.energy.mean()) for scale in self.scales]

    def heard(self, photo: Tensor) -> list[Tensor]:
        """The features that it teaches: what each block gives, in the order of `outputs`."""
        return outputs(self.net.features(photo))

    @torch.no_grad()
    def calibrate(self, photos: Iterable[Tensor]) -> None:
        """Find the scales from batches of photos."""
        lows: list[Tensor] = []
        means: list[Tensor] = []
        for number, photo in enumerate(photos, 1):
            rows = [_rows(feature) for feature in self.heard(photo)]
            found = [torch.quantile(row[:, :: 1 + row.shape[1] // PLACES], LOW, 1) for row in rows]
            moments = [torch.stack([row.mean(1), row.square().mean(1)]) for row in rows]
            lows = list(map(torch.minimum, lows, found)) if lows else found
            # Running means: batches count alike.
            means = [
                old + (new - old) / number
                for old, new in zip(means or moments, moments, strict=True)
            ]
        self.scales = [_scale(low, moments) for low, moments in zip(lows, means, strict=True)]

    @torch.no_grad()
    def __call__(self, photo: Tensor) -> Lesson:
        """The lesson of `photo`, normalised, (batch, channels, height, width)."""
        features = self.net.features(photo)
        scaled = [
            scale(feature) for scale, feature in zip(self.scales, outputs(features), strict=True)
        ]
        levels = len(features.encoded)
        encoded, decoded = scaled[:levels], scaled[levels:]
        saliency = self.net.maps(features, like=photo)[0].sigmoid()
        return Lesson(Features(encoded, [*decoded, encoded[-1]]), saliency)


class Projections(nn.ModuleList):
    """1×1 convolutions from the channels of a student's blocks to a teacher's, level by level.

    Empty for two of one spec. Levels that only one of them has are left out.
    """

    def __init__(self, student: U2Net, teacher: U2Net) -> None:
        self.pairs = list(common(student, teacher))
        same = student.spec == teacher.spec
        super().__init__(
            [] if same else [nn.Conv2d(*_widths(student, teacher, pair), 1) for pair in self.pairs]
        )

    def forward(self, features: Features, lesson: Lesson) -> Tensor:
        """The mean squared error of each block that both have, (blocks,)."""
        ours, theirs = outputs(features), outputs(lesson.features)
        errors = []
        for at, (mine, other) in enumerate(self.pairs):
            hint = (self[at](ours[mine]) if len(self) else ours[mine]).float()
            errors.append(F.mse_loss(resize(hint, like=theirs[other]), theirs[other]))
        return torch.stack(errors)


def by_block(net: U2Net, photo: Tensor, lesson: Lesson) -> tuple[Tensor, list[Tensor]]:
    """Every block of `net` on what the teacher's sees: (blocks,) errors, and the maps, logits.

    The maps are those that the sides make of the teacher's features.
    """
    encoded, decoded = lesson.features
    made = [
        encoder(net.to_encoder(level, encoded[level - 1] if level else photo))
        for level, encoder in enumerate(net.encoders)
    ]
    made += [
        decoder(net.to_decoder(level, decoded[level + 1], encoded))
        for level, decoder in enumerate(net.decoders)
    ]
    pairs = zip(made, outputs(lesson.features), strict=True)
    errors = torch.stack([F.mse_loss(one.float(), target) for one, target in pairs])
    return errors, net.maps(lesson.features, like=photo)


def mixed(truth: Tensor, labelled: Tensor, saliency: Tensor, share: float) -> Tensor:
    """The truth to learn, (batch, 1, height, width): `share` of it the teacher's where people
    labelled a picture (`labelled`, (batch,) bool), all of it elsewhere."""
    teacher = torch.where(labelled, share, 1.0).to(truth)[:, None, None, None]
    return teacher * saliency + (1 - teacher) * truth


def outputs(features: Features) -> list[Tensor]:
    """What each block gives, encoders first; the bottom, which stands in both lists, once."""
    return [*features.encoded, *features.decoded[:-1]]


def block_names(net: U2Net) -> list[str]:
    """What the blocks are called in tables, in the order of `outputs`."""
    encoders = [f"encoder{level + 1}" for level in range(len(net.encoders))]
    return encoders + [f"decoder{level + 1}" for level in range(len(net.decoders))]


def common(student: U2Net, teacher: U2Net) -> Iterator[tuple[int, int]]:
    """Blocks, by their places in `outputs`, that work at one level of both networks."""
    for kind in ("encoders", "decoders"):
        skip = (0, 0) if kind == "encoders" else (len(student.encoders), len(teacher.encoders))
        ours, theirs = (_strides(net, len(getattr(net, kind))) for net in (student, teacher))
        for level, stride in enumerate(ours):
            if stride in theirs:
                yield skip[0] + level, skip[1] + theirs.index(stride)


def _strides(net: U2Net, levels: int) -> list[int]:
    """Pixels of the picture to one place of each of the finest `levels`."""
    return [net.spec.patch << level for level in range(levels)]


def _widths(student: U2Net, teacher: U2Net, pair: Sequence[int]) -> tuple[int, int]:
    """Channels that a pair of blocks gives."""
    ours, theirs = (
        [block.out for block in (*net.spec.encoders, *net.spec.decoders)]
        for net in (student, teacher)
    )
    return ours[pair[0]], theirs[pair[1]]


def _rows(feature: Tensor) -> Tensor:
    """(batch, channels, height, width) -> (channels, places)."""
    return feature.float().transpose(0, 1).flatten(1)


def _scale(low: Tensor, moments: Tensor) -> Scale:
    mean, square = moments
    deviation = (square - mean.square()).clamp_min(0).sqrt()
    deviation = deviation.clamp_min(QUIETEST * float(deviation.mean()))
    return Scale(low, deviation, (square - 2 * low * mean + low.square()) / deviation.square())
