"""Saliency to mask."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from u2net.errors import EngineError
from u2net.mask import PLAIN, enlarged, stretched, to_mask, understood
from u2net.weights.card import Card

STRETCH = Card(name="the authors'", stretch=True)
SALIENCY = np.random.default_rng(0).random((32, 48), dtype=np.float32)


@settings(max_examples=40)
@given(st.integers(16, 700), st.integers(16, 700))
def test_any_size_equals_a_bilinear_resize_in_floats(height: int, width: int) -> None:
    exact = Image.fromarray(SALIENCY).resize((width, height), Image.Resampling.BILINEAR)
    mask = enlarged(SALIENCY, (height, width))
    assert mask.dtype == np.uint8
    assert np.abs(mask - np.asarray(exact) * 255).max() < 0.51


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_masks_far_smaller_than_the_map_are_means_of_it(size_hw: tuple[int, int]) -> None:
    mask = enlarged(SALIENCY, size_hw)
    assert mask.shape == size_hw
    assert abs(mask.mean() - SALIENCY.mean() * 255) < 10


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_a_constant_map_stays_constant(level: float, size_hw: tuple[int, int]) -> None:
    flat = np.full((8, 8), level, np.float32)
    assert (stretched(flat) == flat).all()
    assert (enlarged(flat, size_hw) == round(level * 255)).all()
    assert len(np.unique(to_mask(flat, size_hw))) == 1


def test_a_veil_is_nothing_and_all_above_it_keeps_its_order() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(4, 0)
    mask = to_mask(ramp, ramp.shape)[0].astype(int)
    assert not mask[ramp[0] <= PLAIN.floor].any()
    assert (np.diff(mask) >= 0).all()
    assert mask[-1] == 255


def test_what_is_all_but_sure_is_opaque() -> None:
    assert (to_mask(np.full((8, 8), 0.98, np.float32), (8, 8)) == 255).all()


def test_a_veil_however_dense_is_nothing_far_from_the_object_and_stays_near_it() -> None:
    wall = np.full((320, 320), 0.4, np.float32)
    wall[100:200, 100:200] = 1
    mask = to_mask(wall, (640, 640))
    assert cv2.boundingRect((mask > 0).view(np.uint8)) == (181, 181, 238, 238)
    assert (mask[195:405, 195:405] > 90).all()


def test_of_what_the_network_is_half_sure_nothing_is_cut_wherever_it_is() -> None:
    half = SALIENCY.max() / 2
    kept = half < SALIENCY
    spread = (SALIENCY - PLAIN.floor) / (PLAIN.ceiling - PLAIN.floor)
    mask = to_mask(SALIENCY, SALIENCY.shape)
    assert np.abs(mask - spread.clip(0, 1) * 255)[kept].max() < 0.51


def test_blobs_that_a_film_is_unsure_of_come_and_go_by_degrees() -> None:
    def alpha_at(level: float) -> int:
        sky = np.zeros((320, 320), np.float32)
        sky[:80, :80], sky[250:260, 250:260] = 1, level
        return int(to_mask(sky, (320, 320))[255, 255])

    levels = [alpha_at(level) for level in np.linspace(0.4, 0.6, 81)]
    assert levels[0] == 0
    assert levels[-1] > 140
    assert 0 <= np.diff(levels).min() <= np.diff(levels).max() < 12


@pytest.mark.parametrize("card", [PLAIN, STRETCH])
def test_where_the_network_sees_nothing_there_is_nothing(card: Card) -> None:
    assert not to_mask(SALIENCY * (card.nothing - 0.01), (40, 40), card).any()


def test_a_card_may_let_all_pass() -> None:
    faint = Card(name="all", floor=0.0, ceiling=1.0, nothing=0.0)
    assert np.array_equal(to_mask(SALIENCY * 0.1, (32, 48), faint), np.rint(SALIENCY * 25.5))


def test_stretching_reaches_both_ends() -> None:
    mask = to_mask(SALIENCY * 0.2 + 0.3, (32, 48), STRETCH)
    assert (mask.min(), mask.max()) == (0, 255)


def test_a_map_of_no_numbers_is_an_error() -> None:
    with pytest.raises(EngineError, match="nan"):
        to_mask(np.full((4, 4), np.nan, np.float32), (4, 4))


@settings(deadline=None)
@given(arrays(np.float32, (3, 2, 2), elements=st.floats(-80, 80, width=32)))
def test_logits_become_what_torch_makes_of_them(logits: np.ndarray) -> None:
    torch = pytest.importorskip("torch")
    names = ("a", "b", "c")
    one, each = (
        Card(name="x", logits=True, task=task, classes=names)
        for task in ("multiclass", "multilabel")
    )
    tensor = torch.from_numpy(logits)
    assert np.allclose(understood(logits, one), tensor.softmax(dim=0), atol=1e-6)
    assert np.allclose(understood(logits, each), tensor.sigmoid(), atol=1e-6)


def test_what_is_not_meant_is_taken_from_one() -> None:
    assert np.array_equal(understood(SALIENCY, Card(name="x", invert=True)), 1 - SALIENCY)
