"""Muon: orthogonal steps for matrices, Adam's for the rest."""

import pytest
import torch
from torch import nn

from u2net.training.muon import ADAM_SIZE, Muon, orthogonal


@pytest.mark.parametrize("shape", [(16, 144), (64, 30), (8, 8), (2, 500)])
def test_every_direction_of_a_matrix_comes_out_about_equally_strong(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    strengths = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
    assert strengths.min() > 0.5
    assert strengths.max() < 1.3


def test_the_directions_themselves_stay() -> None:
    torch.manual_seed(0)
    u, _, vt = torch.linalg.svd(torch.randn(12, 40), full_matrices=False)
    found = orthogonal(u @ torch.diag(torch.linspace(1, 5, 12)) @ vt)
    core = u.mT @ found @ vt.mT
    assert (core - torch.diag(core.diagonal())).abs().max() < 1e-4


def test_a_matrix_of_zeros_does_not_move() -> None:
    assert not orthogonal(torch.zeros(4, 9)).any()


def test_steps_of_a_convolution_have_the_size_of_adams() -> None:
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(32, 16, 3, 3))
    weight.grad = torch.randn_like(weight)
    Muon([{"params": [weight]}], lr=0.5).step()
    assert weight.detach().square().mean().sqrt() == pytest.approx(0.5 * ADAM_SIZE, rel=0.2)


def test_vectors_and_single_rows_move_as_with_adam() -> None:
    torch.manual_seed(0)
    shapes = [(7,), (1, 5, 3, 3)]
    ours = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    theirs = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    muon = Muon([{"params": ours}], lr=0.01)
    adam = torch.optim.Adam(theirs, lr=0.01)
    for _ in range(5):
        for mine, yours in zip(ours, theirs, strict=True):
            mine.grad = torch.randn_like(mine)
            yours.grad = mine.grad.clone()
        muon.step()
        adam.step()
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, yours)


def test_decay_shrinks_weights_apart_from_the_step() -> None:
    weight = nn.Parameter(torch.ones(4, 4))
    weight.grad = torch.zeros_like(weight)
    Muon([{"params": [weight], "weight_decay": 0.1}], lr=0.5).step()
    torch.testing.assert_close(weight.detach(), torch.full((4, 4), 0.95))
