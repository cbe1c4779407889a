import pytest
import torch

from u2net.training.loss import IGNORANT, TERMS, deep_supervision, of_ignorance
from u2net.training.recipe import Losses

BCE: Losses = {"bce": 1.0}
KINDS: list[Losses] = [
    BCE,
    {"bce": 1.0, "iou": 1.0},
    {"bce": 1.0, "iou": 0.5, "ssim": 0.5},
    {"structure": 1.0},
]


def some_maps(count: int = 3) -> tuple[list[torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    truth = (torch.rand(2, 1, 24, 20, generator=generator) > 0.5).float()
    return [torch.randn(2, 1, 24, 20, generator=generator) for _ in range(count)], truth


def test_bce_is_the_papers_loss_on_sigmoids() -> None:
    maps, truth = some_maps(7)
    loss, _ = deep_supervision(maps, truth, terms=BCE)
    expected = sum(torch.nn.BCELoss()(m.sigmoid(), truth) for m in maps)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_map_costs_nothing_and_its_opposite_much(kind: Losses) -> None:
    _, truth = some_maps()
    sure = 40 * (truth - 0.5)
    good, _ = deep_supervision([sure], truth, terms=kind)
    bad, _ = deep_supervision([-sure], truth, terms=kind)
    assert good < 1e-3 < 1 < bad


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_an_empty_or_full_truth_and_extreme_logits_stay_finite(kind: Losses, level: float) -> None:
    logits = torch.tensor([-1e4, 0.0, 1e4]).repeat(1, 1, 24, 8).requires_grad_()
    loss, _ = deep_supervision([logits], torch.full((1, 1, 24, 24), level), terms=kind)
    loss.backward()
    assert torch.isfinite(loss)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_each_map_has_its_loss_and_its_weight() -> None:
    maps, truth = some_maps()
    loss, losses = deep_supervision(
        maps, truth, terms={"bce": 1.0, "iou": 1.0}, weights=(1.0, 0.5, 0.0)
    )
    torch.testing.assert_close(loss, losses[0] + 0.5 * losses[1])
    torch.testing.assert_close(
        losses[2], TERMS["bce"](maps[2], truth) + TERMS["iou"](maps[2], truth)
    )


def test_weights_that_do_not_fit_the_maps_are_refused() -> None:
    maps, truth = some_maps()
    with pytest.raises(ValueError, match="2 weights for 3 maps"):
        deep_supervision(maps, truth, terms=BCE, weights=(1.0, 1.0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_loss_of_a_batch_is_the_mean_over_its_halves(kind: Losses) -> None:
    maps, truth = some_maps(2)
    whole, _ = deep_supervision(maps, truth, terms=kind)
    halves = [
        deep_supervision([m[i : i + 1] for m in maps], truth[i : i + 1], terms=kind)[0]
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


def test_each_term_has_its_weight() -> None:
    maps, truth = some_maps(1)
    loss, _ = deep_supervision(maps, truth, terms={"bce": 2.0, "iou": 0.5, "ssim": 0.0})
    expected = 2 * TERMS["bce"](maps[0], truth) + 0.5 * TERMS["iou"](maps[0], truth)
    torch.testing.assert_close(loss, expected)


def test_structure_counts_borders_more_as_f3net_does() -> None:
    maps, truth = some_maps(1)
    around = torch.nn.functional.avg_pool2d(truth, 31, stride=1, padding=15)
    weight = 1 + 5 * (around - truth).abs()
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(maps[0], truth, reduction="none")
    saliency = maps[0].sigmoid()
    both = (saliency * truth * weight).sum((2, 3))
    either = ((saliency + truth) * weight).sum((2, 3))
    expected = (weight * entropy).sum((2, 3)) / weight.sum((2, 3))
    expected = expected + 1 - (both + 1) / (either - both + 1)
    torch.testing.assert_close(TERMS["structure"](maps[0], truth), expected.mean())


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_no_answer_of_one_half_costs_more_than_ignorance(term: str, share: float) -> None:
    truth = (torch.linspace(0, 1, 48 * 48).view(1, 1, 48, 48) < share).float()
    loss = TERMS[term](torch.zeros_like(truth), truth)  # type: ignore[index]
    assert loss <= IGNORANT[term] + 1e-6  # type: ignore[index]


def test_ignorance_counts_all_maps_and_weights() -> None:
    assert of_ignorance({"iou": 0.5}, 3) == pytest.approx(1.5)
    assert of_ignorance({"iou": 0.5}, 3, (1.0, 0.5, 0.0)) == pytest.approx(0.75)
