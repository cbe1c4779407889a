from dataclasses import replace

import pytest
import torch

from u2net.training.class_loss import ignorance_of, terms_of
from u2net.training.loss import deep_supervision, of_ignorance
from u2net.training.recipe import Recipe
from u2net.training.recipes import multiclass, multilabel

NAMES = ("a", "b", "c")
WEIGHTS = (1.0, 2.0, 0.5)
RECIPES = [
    replace(multiclass(), classes=NAMES),
    replace(multiclass(), classes=NAMES, class_weights=WEIGHTS),
    replace(multilabel(), classes=NAMES),
    replace(multilabel(), classes=NAMES, class_weights=WEIGHTS),
]


def some(recipe: Recipe) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and truth of four pictures; a tenth of the class numbers counts for nothing."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 12, 10, generator=generator)
    if recipe.task == "multilabel":
        return logits, (torch.rand(4, 3, 12, 10, generator=generator) > 0.5).float()
    truth = torch.randint(0, 3, (4, 1, 12, 10), generator=generator).float()
    truth[torch.rand(truth.shape, generator=generator) < 0.1] = 255
    return logits, truth


def loss_of(logits: torch.Tensor, truth: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    return deep_supervision([logits], truth, terms=recipe.loss, of=terms_of(recipe))[0]


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_loss_of_a_batch_is_the_mean_over_its_parts(recipe: Recipe) -> None:
    logits, truth = some(recipe)
    parts = [loss_of(logits[at : at + 1], truth[at : at + 1], recipe) for at in range(4)]
    torch.testing.assert_close(loss_of(logits, truth, recipe), torch.stack(parts).mean())


def test_cross_entropy_is_torchs_where_every_pixel_counts() -> None:
    logits, truth = some(RECIPES[0])
    truth[truth == 255] = 1
    expected = torch.nn.functional.cross_entropy(logits, truth[:, 0].long())
    torch.testing.assert_close(terms_of(RECIPES[0])["ce"](logits, truth), expected)


def test_pixels_that_count_for_nothing_teach_nothing() -> None:
    for recipe in RECIPES[:2]:
        logits, truth = some(recipe)
        logits.requires_grad_()
        loss_of(logits, truth, recipe).backward()
        assert logits.grad is not None
        ignored = (truth == 255).expand_as(logits)
        assert not logits.grad[ignored].any()
        assert logits.grad[~ignored].any()
    nothing = torch.full_like(truth, 255)
    assert terms_of(RECIPES[0])["ce"](logits, nothing) == 0


def test_a_class_weighs_what_its_weight_says() -> None:
    logits = torch.zeros(1, 3, 4, 4)
    for at, weight in enumerate(WEIGHTS):
        truth = torch.full((1, 1, 4, 4), float(at))
        loss = terms_of(RECIPES[1])["ce"](logits, truth)
        torch.testing.assert_close(loss, weight * torch.log(torch.tensor(3.0)))
    planes = torch.zeros(1, 3, 4, 4)
    loss = terms_of(RECIPES[3])["bce"](logits, planes)
    torch.testing.assert_close(loss, torch.tensor(WEIGHTS).mean() * torch.log(torch.tensor(2.0)))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_truth_costs_nothing_and_ignorance_no_more_than_is_said(recipe: Recipe) -> None:
    logits, truth = some(recipe)
    planes = truth
    if recipe.task == "multiclass":
        numbers = torch.where(truth == 255, 0, truth)[:, 0].long()
        planes = torch.nn.functional.one_hot(numbers, 3).permute(0, 3, 1, 2).float()
    assert loss_of(60 * (planes - 0.5), truth, recipe) < 1e-3
    most = of_ignorance(recipe.loss, 1, of=ignorance_of(recipe))
    assert loss_of(torch.zeros_like(logits), truth, recipe) <= most + 1e-6
