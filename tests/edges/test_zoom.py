"""A second look at small objects."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brightness import CARD, Brightness
from u2net.arrays import Box
from u2net.edges.zoom import joined, second_look
from u2net.pictures.photo import from_array
from u2net.remover import Loaded, Remover


def saliency(left: int, top: int, wide: int, high: int) -> np.ndarray:
    found = np.zeros((320, 320), np.float32)
    found[top : top + high, left : left + wide] = 0.9
    return found


@given(
    st.tuples(st.integers(0, 319), st.integers(0, 319), st.integers(1, 160), st.integers(1, 160)),
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
)
def test_a_small_object_is_looked_at_again_with_some_of_what_is_around_it(
    place: tuple[int, int, int, int], size_hw: tuple[int, int]
) -> None:
    box = second_look(saliency(*place), size_hw)
    assert box is not None
    height, width = size_hw
    assert 0 <= box.left < box.left + box.width <= width
    assert 0 <= box.top < box.top + box.height <= height
    scale = width / 320
    wide = min(place[2], 320 - place[0])
    assert box.left <= max(0, (place[0] - 0.25 * wide) * scale) + 1
    assert box.left + box.width >= min(width, (place[0] + 1.25 * wide) * scale) - 1


@pytest.mark.parametrize("found", [saliency(0, 0, 0, 0), saliency(20, 20, 200, 280)])
def test_a_large_object_and_none_at_all_are_not(found: np.ndarray) -> None:
    assert second_look(found, (1000, 1500)) is None


BOX = Box(100, 50, 200, 120)


def test_what_the_second_look_says_counts_in_the_box_and_ends_without_a_seam() -> None:
    mask = np.full((300, 400), 140, np.uint8)
    closer = np.full((120, 200), 240, np.uint8)
    found = joined(mask, closer, BOX)
    assert (found[BOX.inside][30:-30, 50:-50] == 240).all()
    outside = np.ones(mask.shape, bool)
    outside[BOX.inside] = False
    assert (found[outside] == 140).all()
    for axis in (0, 1):
        assert np.abs(np.diff(found.astype(int), axis=axis)).max() <= 10
    at_the_corner = joined(mask[50:170, 100:300], closer, Box(0, 0, 200, 120))
    assert (at_the_corner == 240).all()


def test_of_two_looks_that_do_not_agree_the_first_counts() -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[60:160, 110:200] = 255
    closer = np.zeros((120, 200), np.uint8)
    closer[:, 120:] = 255
    assert joined(mask, closer, BOX) is mask
    assert joined(mask, np.zeros_like(closer), BOX) is mask


def small_disc(radius: int) -> tuple[np.ndarray, np.ndarray]:
    truth = np.zeros((900, 1200), np.uint8)
    cv2.circle(truth, (400, 500), radius, 255, -1, cv2.LINE_AA)
    return np.dstack([20 + truth // 2] * 3), truth


def test_a_small_object_has_a_finer_mask_and_a_large_one_that_of_one_look() -> None:
    remover = Remover()
    remover._loaded = Loaded(Brightness(), CARD)
    for radius, again in ((60, True), (400, False)):
        rgb, _ = small_disc(radius)
        photo = from_array(rgb)
        steps = dict(remover.steps(photo))
        assert ("zoom" in steps) == again
        assert "zoom" not in dict(remover.steps(photo, remover.saliency([photo])[0]))
    rgb, truth = small_disc(60)
    steps = dict(remover.steps(from_array(rgb)))
    apart = [np.abs(steps[name].astype(int) - truth).sum() for name in ("mask", "zoom")]
    assert apart[1] < apart[0]
