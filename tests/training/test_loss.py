import pytest
import torch

from u2net.training.loss import TERMS, deep_supervision

KINDS = ["bce", "bce+iou", "bce+iou+ssim"]


def some_maps(count: int = 3) -> tuple[list[torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    truth = (torch.rand(2, 1, 24, 20, generator=generator) > 0.5).float()
    return [torch.randn(2, 1, 24, 20, generator=generator) for _ in range(count)], truth


def test_bce_is_the_papers_loss_on_sigmoids() -> None:
    maps, truth = some_maps(7)
    loss, _ = deep_supervision(maps, truth, kind="bce")
    expected = sum(torch.nn.BCELoss()(m.sigmoid(), truth) for m in maps)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_map_costs_nothing_and_its_opposite_much(kind: str) -> None:
    _, truth = some_maps()
    sure = 40 * (truth - 0.5)
    good, _ = deep_supervision([sure], truth, kind=kind)
    bad, _ = deep_supervision([-sure], truth, kind=kind)
    assert good < 1e-3 < 1 < bad


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_an_empty_or_full_truth_and_extreme_logits_stay_finite(kind: str, level: float) -> None:
    logits = torch.tensor([-1e4, 0.0, 1e4]).repeat(1, 1, 24, 8).requires_grad_()
    loss, _ = deep_supervision([logits], torch.full((1, 1, 24, 24), level), kind=kind)
    loss.backward()
    assert torch.isfinite(loss)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_each_map_has_its_loss_and_its_weight() -> None:
    maps, truth = some_maps()
    loss, losses = deep_supervision(maps, truth, kind="bce+iou", weights=(1.0, 0.5, 0.0))
    torch.testing.assert_close(loss, losses[0] + 0.5 * losses[1])
    torch.testing.assert_close(
        losses[2], TERMS["bce"](maps[2], truth) + TERMS["iou"](maps[2], truth)
    )


def test_weights_that_do_not_fit_the_maps_are_refused() -> None:
    maps, truth = some_maps()
    with pytest.raises(ValueError, match="2 weights for 3 maps"):
        deep_supervision(maps, truth, kind="bce", weights=(1.0, 1.0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_batch_is_the_mean_over_its_halves(kind: str) -> None:
    maps, truth = some_maps(2)
    whole, _ = deep_supervision(maps, truth, kind=kind)
    halves = [
        deep_supervision([m[i : i + 1] for m in maps], truth[i : i + 1], kind=kind)[0]
        for i in (0, 1)
    ]
    torch.testing.assert_close(whole, (halves[0] + halves[1]) / 2)


def test_ssim_compares_means_and_spreads_in_square_windows() -> None:
    maps, truth = some_maps(1)
    saliency = maps[0].sigmoid()

    def local(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool2d(x, 11, stride=1)

    a, b = local(saliency), local(truth)
    spread, other = local(saliency**2) - a**2, local(truth**2) - b**2
    both = local(saliency * truth) - a * b
    similar = (2 * a * b + 1e-4) * (2 * both + 9e-4)
    similar = similar / ((a**2 + b**2 + 1e-4) * (spread + other + 9e-4))
    torch.testing.assert_close(TERMS["ssim"](maps[0], truth), 1 - similar.mean())
