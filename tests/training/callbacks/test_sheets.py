import numpy as np
import torch

from u2net.pictures.palette import PALETTE
from u2net.training.callbacks.sheets import as_truth, painted
from u2net.weights.card import Card

NAMES = ("a", "b")


def test_classes_are_shown_in_the_colours_that_their_maps_have_as_files() -> None:
    sure = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert (painted(sure, exclusive=True) == PALETTE[[[0, 1]]]).all()
    assert (painted(sure, exclusive=False) == PALETTE[[[1, 2]]]).all()
    assert not painted(torch.zeros(2, 1, 1), exclusive=False).any()
    halves = painted(torch.full((2, 1, 1), 0.5), exclusive=True)
    assert np.abs(halves[0, 0] - PALETTE[:2].mean(axis=0)).max() <= 0.5


def test_a_truth_is_shown_as_its_classes_are() -> None:
    numbers = torch.tensor([[[0.0, 1.0, 255.0]]])
    card = Card(name="x", task="multiclass", classes=NAMES)
    assert (as_truth(numbers, card) == PALETTE[[[0, 1, 255]]]).all()
    planes = torch.tensor([[[1.0]], [[0.0]]])
    assert (as_truth(planes, Card(name="x", task="multilabel", classes=NAMES)) == PALETTE[1]).all()
    assert (as_truth(torch.ones(1, 2, 2), Card(name="x")) == 255).all()
