"""Hints by layer: what every convolution of a student learns alone."""

import pytest
import torch
from torch import Tensor

from u2net.network import ChainSpec, ResidualSpec, RSUSpec, U2Net, U2NetSpec, fold
from u2net.network.blocks.conv import ConvBlock
from u2net.training.hints import Scale, block_names, outputs
from u2net.training.layers import LayerTeacher, by_layer, parts, told_apart, watched
from u2net.training.muon import Muon

_LEVEL = RSUSpec(3, mid=4, out=8)
SPEC = U2NetSpec(
    encoders=(_LEVEL, ChainSpec((_LEVEL, RSUSpec(3, 4, 8, dilated=True)))), decoders=(_LEVEL,)
)


@pytest.fixture
def photos() -> Tensor:
    return torch.randn(3, 3, 33, 40, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def theirs() -> U2Net:
    torch.manual_seed(0)
    net = U2Net(SPEC)
    for _ in range(20):  # norms that know what they see
        net(torch.randn(8, 3, 32, 32))
    return net.eval()


@pytest.fixture
def teacher(theirs: U2Net, photos: Tensor) -> LayerTeacher:
    made = LayerTeacher(theirs)
    made.calibrate([photos, photos + 0.1])
    return made


def test_layers_that_are_the_teachers_have_nothing_to_learn(theirs: U2Net, photos: Tensor) -> None:
    teacher = LayerTeacher(theirs)
    widths = {name: _channels(layer) for name, layer in parts(teacher.net, ConvBlock)}
    teacher.scales = [_plain(widths.get(name, 8)) for name in teacher.names]
    errors, maps = by_layer(fold(theirs), photos, teacher(photos))
    assert errors.shape == (len(block_names(theirs)),)
    assert errors.max() < 1e-9
    torch.testing.assert_close(maps, theirs(photos), rtol=0, atol=1e-4)


def test_the_gradient_of_a_layer_stays_in_it(teacher: LayerTeacher, photos: Tensor) -> None:
    student = U2Net(SPEC)
    seen: dict[str, Tensor] = {}
    with watched(student, seen.__setitem__, ConvBlock):
        by_layer(student, photos, teacher(photos))
    name = "encoders.1.1.encoders.0"
    seen[name].square().sum().backward()
    grads = {key: p.grad for key, p in student.named_parameters() if p.grad is not None}
    moved = [key for key, grad in grads.items() if grad.any()]
    assert moved
    assert all(key.startswith(f"{name}.") for key in moved)


def test_what_a_block_adds_up_has_one_scale(
    theirs: U2Net, teacher: LayerTeacher, photos: Tensor
) -> None:
    lesson = teacher(photos)
    scales = dict(zip(teacher.names, teacher.scales, strict=True))
    for name, feature in (("encoders.0", 0), ("decoders.0", -1)):
        given = outputs(fold(theirs).features(photos))[feature]
        stem, finest = (lesson.layers[f"{name}.{part}"] for part in ("stem", "decoders.0"))
        lows = scales[f"{name}.stem"].low + scales[f"{name}.decoders.0"].low
        told = (given - lows[:, None, None]) / scales[name].deviation[:, None, None]
        # But for the few places that lie below the quantile that became 0.
        off = (stem + finest - told).abs() > 0.01
        assert off.float().mean() < 0.01


def test_norms_begin_where_the_teachers_layers_are(teacher: LayerTeacher, photos: Tensor) -> None:
    torch.manual_seed(3)
    plain, begun = U2Net(SPEC), U2Net(SPEC)
    begun.load_state_dict(plain.state_dict())
    teacher.begin(begun, [photos])
    lesson = teacher(photos)
    before, after = (by_layer(net, photos, lesson)[0] for net in (plain, begun))
    assert after.sum() < before.sum()


def test_layers_learn_in_a_few_steps(teacher: LayerTeacher, photos: Tensor) -> None:
    torch.manual_seed(3)
    student = U2Net(SPEC)
    teacher.begin(student, [photos])
    optimiser = Muon([{"params": list(student.parameters())}], lr=0.02)
    lesson = teacher(photos)
    losses = []
    for step in range(60):
        optimiser.param_groups[0]["lr"] = 0.02 * (1 - step / 60)
        optimiser.zero_grad()
        loss = by_layer(student, photos, lesson)[0].sum()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


def test_the_energies_are_what_a_network_of_noughts_loses(
    teacher: LayerTeacher, photos: Tensor
) -> None:
    teacher.calibrate([photos])
    nothing = U2Net(SPEC)
    for _, layer in parts(nothing, ConvBlock):
        norm = layer.get_submodule("norm")
        torch.nn.init.zeros_(norm.get_parameter("weight"))
        torch.nn.init.zeros_(norm.get_parameter("bias"))
    errors, _ = by_layer(nothing, photos, teacher(photos))
    assert errors.tolist() == pytest.approx(teacher.energies, rel=0.1)


def test_only_rsus_and_their_chains_have_layers_that_learn_alone() -> None:
    assert all(map(told_apart, SPEC.encoders))
    assert not told_apart(ResidualSpec(mid=4, out=8))
    assert not told_apart(ChainSpec((_LEVEL, ResidualSpec(mid=4, out=8))))


def _channels(layer: torch.nn.Module) -> int:
    return layer.get_submodule("conv").get_parameter("weight").shape[0]


def _plain(channels: int) -> Scale:
    return Scale(torch.zeros(channels), torch.ones(channels), torch.ones(channels))
