"""Hints: what a student learns of a teacher's blocks."""

import pytest
import torch
from torch import Tensor

from u2net.network import LITE, SWIFT, RSUSpec, U2Net, U2NetSpec, fold
from u2net.training.hints import (
    HIGHEST,
    Projections,
    Scale,
    Teacher,
    block_names,
    by_block,
    mixed,
    outputs,
)

SPEC = U2NetSpec(
    encoders=(RSUSpec(4, mid=4, out=8), RSUSpec(3, mid=4, out=8), RSUSpec(3, 4, 8, dilated=True)),
    decoders=(RSUSpec(4, mid=4, out=8), RSUSpec(3, mid=4, out=8)),
)
NARROW = U2NetSpec(
    encoders=(RSUSpec(3, mid=2, out=4), RSUSpec(2, mid=2, out=4, dilated=True)),
    decoders=(RSUSpec(3, mid=2, out=4),),
)


@pytest.fixture
def photos() -> Tensor:
    return torch.randn(3, 3, 33, 40, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def teacher(photos: Tensor) -> Teacher:
    torch.manual_seed(0)
    net = U2Net(SPEC)
    net(torch.randn(8, 3, 32, 32))
    made = Teacher(net.eval())
    made.calibrate([photos, photos + 0.1])
    return made


def test_scaled_features_begin_at_nought_with_a_deviation_of_one(
    teacher: Teacher, photos: Tensor
) -> None:
    teacher.calibrate([photos])
    for feature in outputs(teacher(photos).features):
        rows = feature.transpose(0, 1).flatten(1)
        assert 0 <= rows.min() <= rows.max() <= HIGHEST
        assert (rows.quantile(0.01, 1) < 1).all()
        assert ((rows.std(1) - 1).abs() < 0.3).float().mean() > 0.8


def test_blocks_that_are_the_teachers_have_nothing_to_learn(photos: Tensor) -> None:
    torch.manual_seed(0)
    net = U2Net(SPEC).eval()
    teacher = Teacher(net)
    plain = Scale(torch.zeros(8), torch.ones(8), torch.ones(8))
    teacher.scales = [plain] * len(block_names(net))
    lesson = teacher(photos)
    errors, maps = by_block(fold(net), photos, lesson)
    assert errors.max() < 1e-9
    assert len(errors) == len(block_names(net)) == 5
    torch.testing.assert_close(maps, net(photos), rtol=0, atol=1e-4)
    assert Projections(net, teacher.net)(net.features(photos), lesson).max() < 1e-9


def test_the_gradient_of_a_block_stays_in_it(teacher: Teacher, photos: Tensor) -> None:
    student = U2Net(SPEC)
    errors, _ = by_block(student, photos, teacher(photos))
    errors[1].backward()
    grads = {name: p.grad for name, p in student.named_parameters() if p.grad is not None}
    moved = [name for name, grad in grads.items() if grad.any()]
    assert moved
    assert all(name.startswith("encoders.1.") for name in moved)


def test_blocks_learn_in_a_few_steps(teacher: Teacher, photos: Tensor) -> None:
    torch.manual_seed(3)
    student, lesson = U2Net(SPEC), teacher(photos)
    optimiser = torch.optim.Adam(student.parameters(), 1e-2)
    errors = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = by_block(student, photos, lesson)[0]
        loss.sum().backward()
        optimiser.step()
        errors.append(loss.detach())
    assert (errors[-1] < 0.8 * errors[0]).all()


def test_another_spec_learns_through_projections(teacher: Teacher, photos: Tensor) -> None:
    student = U2Net(NARROW)
    projections = Projections(student, teacher.net)
    errors = projections(student.features(photos), teacher(photos))
    assert len(errors) == len(projections) == 3
    errors.sum().backward()
    assert all(p.grad is not None for p in projections.parameters())


def test_the_teacher_is_left_as_it_is(teacher: Teacher, photos: Tensor) -> None:
    before = {name: value.clone() for name, value in teacher.net.state_dict().items()}
    student = U2Net(SPEC)
    errors, maps = by_block(student, photos, teacher(photos))
    (errors.sum() + sum(m.sum() for m in maps)).backward()
    assert all((value == before[name]).all() for name, value in teacher.net.state_dict().items())
    assert all(p.grad is None for p in teacher.net.parameters())


def test_people_count_where_they_labelled_and_the_teacher_elsewhere() -> None:
    truth, saliency = torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2)
    found = mixed(truth, torch.tensor([True, False]), saliency, 0.25)
    assert (found[0] == 0.25).all()
    assert (found[1] == 1).all()


def test_blocks_are_named_by_side_and_level() -> None:
    with torch.device("meta"):
        names = block_names(U2Net(LITE))
    assert (names[0], names[5], names[6], names[-1]) == (
        "encoder1",
        "encoder6",
        "decoder1",
        "decoder5",
    )


def test_levels_of_a_network_of_patches_are_those_of_the_same_stride(photos: Tensor) -> None:
    patched, plain = U2Net(SWIFT), U2Net(LITE)
    names = block_names(plain)
    projections = Projections(patched, plain)
    assert [names[theirs] for _, theirs in projections.pairs] == [
        *("encoder3", "encoder4", "encoder5"),
        *("decoder3", "decoder4"),
    ]
    teacher = Teacher(plain.eval())
    teacher.calibrate([photos])
    lesson = teacher(photos)
    assert projections(patched.features(photos), lesson).isfinite().all()
