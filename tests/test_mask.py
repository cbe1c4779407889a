"""Saliency to mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from u2net.errors import EngineError
from u2net.mask import to_mask

SALIENCY = np.random.default_rng(0).random((32, 48), dtype=np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(16, 700), st.integers(16, 700), st.booleans())
def test_any_size_equals_a_bilinear_resize_in_floats(
    height: int, width: int, stretch: bool
) -> None:
    low, high = SALIENCY.min(), SALIENCY.max()
    spread = (SALIENCY - low) / (high - low) if stretch else SALIENCY
    exact = Image.fromarray(spread).resize((width, height), Image.Resampling.BILINEAR)
    mask = to_mask(SALIENCY, (height, width), stretch=stretch)
    assert mask.dtype == np.uint8
    assert np.abs(mask - np.asarray(exact) * 255).max() < 0.51


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_masks_far_smaller_than_the_map_are_means_of_it(size_hw: tuple[int, int]) -> None:
    mask = to_mask(SALIENCY, size_hw)
    assert mask.shape == size_hw
    assert abs(mask.mean() - SALIENCY.mean() * 255) < 10


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("stretch", [False, True])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_map_stays_what_it_is(
    level: float, stretch: bool, size_hw: tuple[int, int]
) -> None:
    flat = np.full((8, 8), level, np.float32)
    assert (to_mask(flat, size_hw, stretch=stretch) == round(level * 255)).all()


def test_stretching_reaches_both_ends() -> None:
    mask = to_mask(SALIENCY * 0.2 + 0.3, (32, 48), stretch=True)
    assert (mask.min(), mask.max()) == (0, 255)


def test_a_map_of_no_numbers_is_an_error() -> None:
    with pytest.raises(EngineError, match="nan"):
        to_mask(np.full((4, 4), np.nan, np.float32), (4, 4))
