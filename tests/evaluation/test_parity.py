"""What a file costs beside its network is counted, and too much is refused."""

import cv2
import numpy as np
import pytest

from u2net.errors import UnfitModelError
from u2net.evaluation.models import DataSet
from u2net.evaluation.parity import LIMIT, parity
from u2net.weights.card import Card

CARD = Card(name="brightness", size_hw=(40, 40), mean=(0, 0, 0), std=(1, 1, 1))


def bright(batch: np.ndarray) -> np.ndarray:
    """As a network that knows the set: what is bright is the object."""
    return cv2.GaussianBlur((batch[0].mean(axis=0) > 0.35).astype(np.float32), (5, 5), 0)


def blind(batch: np.ndarray) -> np.ndarray:
    return np.full(batch.shape[2:], 0.5, np.float32)


@pytest.fixture
def data(pairs) -> DataSet:
    return DataSet.find(pairs)


def test_the_network_itself_costs_nothing(data):
    seen = []
    (found,) = parity(bright, {"again": bright}, CARD, data, advance=lambda: seen.append(1))
    assert (found.difference, found.mean, found.images) == (0, 0, len(seen))
    assert found.max_f[0] == found.max_f[1] > 0.9
    found.check()
    assert str(found).startswith("again on 8 photos of set: max F 0.9")


def test_a_worse_file_is_refused_with_its_figures(data):
    (found,) = parity(bright, {"blind": blind}, CARD, data)
    assert found.difference >= 0.5
    assert found.mae[1] > found.mae[0] + LIMIT
    with pytest.raises(UnfitModelError, match=r"costs more than 0\.002, and was not written"):
        found.check()


def test_a_better_file_is_let_pass(data):
    (found,) = parity(blind, {"bright": bright}, CARD, data)
    found.check()
