"""Pixels at another size."""

import numpy as np
import pytest
from PIL import Image

from made_pictures import photo
from u2net.pictures import resample
from u2net.pictures.resample import resize


def by_pillow(pixels: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize(size_hw[::-1], Image.Resampling.BILINEAR))


@pytest.mark.parametrize("size_hw", [(20, 13), (25, 40), (200, 13), (60, 90), (61, 300)])
def test_small_changes_equal_pillow(size_hw: tuple[int, int]) -> None:
    rgb = photo(60, 38)
    assert (resize(rgb, size_hw) == by_pillow(rgb, size_hw)).mean() > 0.99


def test_one_size_is_no_work() -> None:
    rgb = photo()
    assert resize(rgb, (60, 90)) is rgb


@pytest.mark.parametrize(
    "shape", [(700, 1100), (1535, 2303), (3071, 767), (40, 3000), (3000, 1), (1, 5000)]
)
def test_large_pictures_come_close_to_pillow(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    difference = resize(rgb, (96, 96)).astype(int) - by_pillow(rgb, (96, 96))
    assert np.abs(difference).mean() < 3  # of pure noise, the hardest there is
    smooth = photo(*shape)
    difference = resize(smooth, (96, 96)).astype(int) - by_pillow(smooth, (96, 96))
    assert np.abs(difference).mean() < 0.5


@pytest.mark.parametrize("shape", [(1998, 3003), (1535, 1201), (700, 1100)])
@pytest.mark.parametrize("size_hw", [(320, 320), (96, 224), (225, 100)])
def test_halves_side_by_side_are_the_whole(
    shape: tuple[int, int], size_hw: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    monkeypatch.setattr(resample, "cores", lambda: 2)
    found = resize(rgb, size_hw)
    monkeypatch.setattr(resample, "cores", lambda: 1)
    assert (found == resize(rgb, size_hw)).all()


def test_a_large_picture_of_odd_sides_stays_in_its_place() -> None:
    edges = np.zeros((1535, 1543, 3), np.uint8)
    edges[::40] = edges[:, ::40] = 255
    difference = resize(edges, (96, 96)).astype(int) - by_pillow(edges, (96, 96))
    assert np.abs(difference[-10:, -10:]).mean() < 4


def test_float_maps_are_resized_without_rounding() -> None:
    ramp = np.linspace(0, 1, 50, dtype=np.float32)[None].repeat(3, axis=0)
    found = resize(ramp, (3, 100))
    assert found.dtype == np.float32
    assert np.unique(found).size > 90
