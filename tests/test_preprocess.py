"""Photo to network input."""

import numpy as np
import pytest

from made_pictures import photo, wide_rgb_profile
from u2net.pictures.colour import convert
from u2net.preprocess import normalise, to_input
from u2net.weights.card import Card

CARD = Card(name="test", size_hw=(32, 48))
MEAN, STD = np.array(CARD.mean), np.array(CARD.std)


def test_normalising_is_the_authors_formula() -> None:
    rgb = photo()
    expected = (rgb / rgb.max() - MEAN) / STD
    found = normalise(rgb, CARD)
    assert found.dtype == np.float32
    assert np.allclose(found, expected.transpose(2, 0, 1), atol=1e-5)


def test_a_card_may_divide_by_255() -> None:
    card = Card(name="test", divide_by_max=False, mean=(0.5,) * 3, std=(1.0,) * 3)
    assert np.allclose(normalise(photo(), card), photo().transpose(2, 0, 1) / 255 - 0.5, atol=1e-6)


def test_an_all_black_picture_stays_finite() -> None:
    black = np.zeros((5, 7, 3), np.uint8)
    assert np.allclose(normalise(black, CARD)[:, 0, 0], -MEAN / STD, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (31, 97)])
def test_any_size_comes_at_the_size_of_the_card(shape: tuple[int, int]) -> None:
    found = to_input(photo(*shape), CARD)
    assert found.shape == (3, 32, 48)
    assert np.isfinite(found).all()


def test_the_network_sees_wide_colours_as_srgb() -> None:
    profile = wide_rgb_profile()
    rgb = photo(32, 48)
    expected = normalise(convert(rgb, profile, None), CARD)
    assert (to_input(rgb, CARD, icc_profile=profile) == expected).all()
