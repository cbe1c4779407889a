"""Hints by layer: every convolution of a student learns alone what the teacher's gives.

Finer than by block (`hints`): a layer of the student sees what the teacher's layer sees, in the
scale of the student. No error adds up on the way, and what is left is a regression of few weights,
for all layers in one step; so are quantised networks brought near their originals (Hubara et al.,
"Accurate Post Training Quantization With Small Calibration Sets", ICML 2021). The student has the
teacher's spec, and blocks whose layers can be told apart: RSUs, alone or in chains.

What an RSU adds up, the features of its stem and of its finest decoder, has one scale.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from u2net.network import ChainSpec, RSUSpec, U2Net
from u2net.network.blocks.conv import BlockSpec, ConvBlock
from u2net.network.blocks.rsu import RSU
from u2net.training.hints import Scale, Teacher
from u2net.training.norms import statistics, sums_of

Watch = Callable[[str, Tensor], Tensor | None]
"""Name of a module and what it gave -> what it shall have given, if not that."""


class LayerLesson(NamedTuple):
    """What a teacher says of a batch, layer by layer."""

    layers: dict[str, Tensor]
    """Scaled, by the names of the layers."""
    saliency: Tensor
    """Its fused map, (batch, 1, height, width), 0…1."""


class LayerTeacher(Teacher):
    """A teacher whose `scales` are those of its RSUs and their layers, in the order of `names`."""

    def __init__(self, net: U2Net) -> None:
        super().__init__(net)
        self.names = [name for name, _ in parts(self.net, ConvBlock, RSU)]

    @property
    def scale_of(self) -> dict[str, Scale]:
        """By the name of the RSU or layer."""
        return dict(zip(self.names, self.scales, strict=True))

    @property
    def energies(self) -> list[float]:
        """Of each block: the mean error of its layers if they gave 0."""
        scales = self.scale_of
        each = {name: scales[name].energy.mean() for name, _ in parts(self.net, ConvBlock)}
        return [float(energy) for energy in by_their_block(each)]

    def heard(self, photo: Tensor) -> list[Tensor]:
        seen: dict[str, Tensor] = {}
        with watched(self.net, seen.__setitem__, ConvBlock, RSU):
            self.net.features(photo)
        return [seen[name] for name in self.names]

    def calibrate(self, photos: Iterable[Tensor]) -> None:
        super().calibrate(photos)
        scales = self.scale_of
        for block, _ in parts(self.net, RSU):
            for part in (f"{block}.stem", f"{block}.decoders.0"):
                scales[part] = scales[part].with_deviation(scales[block].deviation)
        self.scales = list(scales.values())

    @torch.no_grad()
    def __call__(self, photo: Tensor) -> LayerLesson:  # type: ignore[override]
        """The lesson of `photo`, normalised, (batch, channels, height, width)."""
        scales = self.scale_of
        layers: dict[str, Tensor] = {}

        def keep(name: str, feature: Tensor) -> None:
            layers[name] = scales[name](feature)

        with watched(self.net, keep, ConvBlock):
            saliency = self.net(photo)[0].sigmoid()
        return LayerLesson(layers, saliency)

    @torch.no_grad()
    def begin(self, net: U2Net, photos: Iterable[Tensor]) -> None:
        """Let the norms of `net` begin with the mean and deviation that the teacher's layers have
        before their ReLU: what is left to learn are directions."""
        sums: dict[str, Tensor] = {}

        def add(name: str, before: Tensor) -> None:
            sums[name] = sums.get(name, 0) + sums_of(before)

        with watched(self.net, add, ConvBlock, part="norm"):
            for photo in photos:
                self.net.features(photo)
        scales = self.scale_of
        for name, layer in parts(net, ConvBlock):
            mean, variance = statistics(sums[name])
            scale, norm = scales[name], layer.get_submodule("norm")
            norm.get_parameter("weight").copy_(variance.sqrt() / scale.deviation)
            norm.get_parameter("bias").copy_((mean - scale.low) / scale.deviation)


def by_layer(net: U2Net, photo: Tensor, lesson: LayerLesson) -> tuple[Tensor, list[Tensor]]:
    """Every layer of `net` on what the teacher's sees: (blocks,) mean errors of the layers of each
    block, and the maps, logits, that the sides make of the teacher's features."""
    errors: dict[str, Tensor] = {}

    def force(name: str, feature: Tensor) -> Tensor:
        target = lesson.layers[name]
        errors[name] = F.mse_loss(feature.float(), target)
        return target.to(feature.dtype)

    with watched(net, force, ConvBlock):
        features = net.features(photo)
    return torch.stack(by_their_block(errors)), net.maps(features, like=photo)


def by_their_block(values: dict[str, Tensor]) -> list[Tensor]:
    """The mean of what the layers of each block of the outer U have, encoders first."""
    blocks: dict[tuple[bool, int], list[Tensor]] = {}
    for name, value in values.items():
        side, level, _ = name.split(".", 2)
        blocks.setdefault((side != "encoders", int(level)), []).append(value)
    return [torch.stack(blocks[block]).mean() for block in sorted(blocks)]


def told_apart(spec: BlockSpec) -> bool:
    """Whether the layers of a block can learn alone."""
    if isinstance(spec, ChainSpec):
        return all(map(told_apart, spec.blocks))
    return isinstance(spec, RSUSpec)


def parts(net: nn.Module, *kinds: type[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
    """The modules of some kinds, by name."""
    return ((name, module) for name, module in net.named_modules() if isinstance(module, kinds))


@contextmanager
def watched(
    net: nn.Module, watch: Watch, *kinds: type[nn.Module], part: str = ""
) -> Iterator[None]:
    """Inside, `watch` is asked of what each module of some kinds, or a `part` of it, gives."""

    def asked(name: str) -> Callable[[nn.Module, object, Tensor], Tensor | None]:
        return lambda _module, _given, made: watch(name, made)

    hooks = [
        module.get_submodule(part).register_forward_hook(asked(name))
        for name, module in parts(net, *kinds)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
