from dataclasses import replace
from pathlib import Path

import pytest
import runs
import torch

from u2net.errors import TrainingError
from u2net.training import module as module_under_test
from u2net.training.callbacks.guard import Guard
from u2net.training.recipe import Recipe
from u2net.training.run import fit


class Norm(torch.nn.Module):
    """A weight and a running statistic."""

    def __init__(self) -> None:
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1))


def one_step(guard: Guard, module: Norm, optimiser: torch.optim.Optimizer, value: float) -> None:
    optimiser.zero_grad()
    guard.before(module)
    loss = module.net(torch.full((2, 1, 2, 2), value) * torch.rand(2, 1, 2, 2)).square().sum()
    guard.saw(loss, ["set/stem"]).backward()
    guard.check(module)
    optimiser.step()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_step_without_finite_loss_leaves_everything_as_it_was(value: float) -> None:
    guard, module = Guard(3), Norm()
    optimiser = torch.optim.AdamW(module.parameters(), weight_decay=0.1)
    one_step(guard, module, optimiser, 1.0)
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    one_step(guard, module, optimiser, value)
    runs.assert_same(before, dict(module.state_dict()))
    assert guard.skipped == 1
    assert "set/stem" in guard.messages[0]
    one_step(guard, module, optimiser, 1.0)
    assert not torch.equal(before["net.0.weight"], module.state_dict()["net.0.weight"])


def test_an_infinite_gradient_under_a_finite_loss_is_skipped_too() -> None:
    guard, module = Guard(3), Norm()
    guard.before(module)
    for parameter in module.parameters():
        parameter.grad = torch.full_like(parameter, float("inf"))
    guard.check(module)
    assert all(parameter.grad is None for parameter in module.parameters())
    assert guard.skipped == 1


def test_good_steps_between_reset_the_count_in_a_row() -> None:
    guard, module = Guard(2), Norm()
    optimiser = torch.optim.Adam(module.parameters())
    for value in (float("nan"), 1.0, float("nan"), 1.0):
        one_step(guard, module, optimiser, value)
    one_step(guard, module, optimiser, float("nan"))
    with pytest.raises(TrainingError, match="2 steps in a row"):
        one_step(guard, module, optimiser, float("nan"))


def test_a_scale_of_float16_that_is_too_high_is_lowered_and_not_counted() -> None:
    guard, module = Guard(2), Norm()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**126)
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    steps = 0
    while torch.equal(before["net.0.weight"], module.state_dict()["net.0.weight"]):
        optimiser.zero_grad()
        guard.before(module)
        loss = module.net(1e3 * torch.rand(2, 1, 2, 2)).square().sum() * 1e4
        scaler.scale(guard.saw(loss, ["set/stem"])).backward()
        scaler.unscale_(optimiser)
        guard.check(module, scaled=scaler.get_scale() > 1)
        scaler.step(optimiser)
        scaler.update()
        steps += 1
        assert steps < 130
    assert steps > 3  # more than the guard lets pass in a row
    assert (guard.in_row, guard.skipped, guard.messages) == (0, 0, [])


def test_a_loss_that_no_scale_saves_is_counted() -> None:
    guard, module = Guard(2), Norm()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    with pytest.raises(TrainingError, match="2 steps in a row"):  # noqa: PT012
        for _ in range(9):
            optimiser.zero_grad()
            guard.before(module)
            loss = module.net(torch.full((2, 1, 2, 2), float("nan"))).sum()
            scaler.scale(guard.saw(loss, ["set/stem"])).backward()
            scaler.unscale_(optimiser)
            guard.check(module, scaled=scaler.get_scale() > 1)
            scaler.step(optimiser)
            scaler.update()


def test_a_run_names_the_bad_batch_goes_on_and_stops_after_several(
    quick: Recipe,
    pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    plain, calls = module_under_test.deep_supervision, []

    def sometimes_nan(*arguments: object, **more: object) -> object:
        calls.append(1)
        loss, losses = plain(*arguments, **more)  # type: ignore[arg-type]
        return (loss * float("nan") if len(calls) == 2 or len(calls) > 7 else loss), losses

    monkeypatch.setattr(module_under_test, "deep_supervision", sometimes_nan)
    with pytest.raises(TrainingError, match=r"3 steps in a row.*set/p"):
        fit([str(pairs)], replace(quick, max_bad_losses=3), tmp_path / "run")
    assert "step 2: step skipped" in capfd.readouterr().err
    kept = runs.state(tmp_path / "run")
    assert kept["global_step"] == 9
    assert all(torch.isfinite(value).all() for value in kept["current_model_state"].values())
