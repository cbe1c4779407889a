"""Masks drawn to the edges of the photo."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_mattes.kinds import KINDS
from made_mattes.scene import Scene, make
from made_pictures import photo
from u2net.arrays import Mask
from u2net.edges import strips
from u2net.edges.grid import Grid, shrunk, step_for
from u2net.edges.guided import doubtful, guided
from u2net.mask import enlarged

MAP = (64, 64)
SIZE = (360, 480)
STEP = step_for(SIZE, MAP)


def coarse(alpha: Mask) -> Mask:
    """What a network that is right says of it: a map of 64 × 64, somewhat blurred, enlarged."""
    small = cv2.resize(alpha, MAP[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
    return enlarged(cv2.GaussianBlur(small, (0, 0), 0.7), alpha.shape)


@pytest.fixture(scope="module", params=["hair", "fur", "lattice", "holes", "leaves"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return make(KINDS[request.param], photo(*SIZE), SIZE, seed=2)


def test_alpha_comes_much_nearer_to_the_truth(scene: Scene) -> None:
    truth = scene.truth[..., 3].astype(int)
    before = coarse(scene.truth[..., 3])
    after = guided(Grid(scene.rgb, STEP), before)
    assert np.abs(after - truth).sum() < 0.67 * np.abs(before - truth).sum()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 2, 4, 8]), st.integers(0, 99))
def test_far_from_every_edge_nothing_changes(height: int, width: int, step: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = cv2.resize(rng.integers(0, 2, (2, 3), np.uint8) * 255, (width, height))
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    found = guided(Grid(rgb, step), mask)
    assert found.shape == mask.shape
    band = doubtful(shrunk(mask, step) / np.float32(255)) > 0
    near = cv2.dilate(band.astype(np.uint8), np.ones((3, 3), np.uint8))
    outside = near.repeat(step, 0).repeat(step, 1)[:height, :width] == 0
    assert (found == mask)[outside].all()


@pytest.mark.parametrize("level", [0, 255])
def test_a_mask_without_an_edge_is_given_back_itself(level: int) -> None:
    mask = np.full(SIZE, level, np.uint8)
    assert guided(Grid(photo(*SIZE), STEP), mask) is mask


@pytest.mark.parametrize("at", [200.0, 203.5, 211.25, 240.0])
@pytest.mark.parametrize("turned", [False, True])
def test_a_hard_edge_is_where_the_photo_has_it_to_half_a_pixel(at: float, turned: bool) -> None:
    across = (np.arange(480) + 1 - at).clip(0, 1)
    truth = np.rint(255 * np.broadcast_to(across, SIZE)).astype(np.uint8)
    grain = np.random.default_rng(1).normal(0, 4, (*SIZE, 3))
    alpha = truth[..., None] / 255
    rgb = alpha * (190, 120, 60) + (1 - alpha) * (60, 90, 160) + grain
    rgb = rgb.clip(0, 255).astype(np.uint8)
    mask = coarse(truth)
    if turned:
        rgb, mask = np.ascontiguousarray(rgb.swapaxes(0, 1)), np.ascontiguousarray(mask.T)
    found = guided(Grid(rgb, STEP), mask)
    found = found.T if turned else found
    edge = 480 - found[40:-40].sum(axis=1) / 255
    assert np.abs(edge - at).mean() < 0.5


def test_where_colours_do_not_tell_the_mask_stays() -> None:
    truth = np.zeros(SIZE, np.uint8)
    truth[100:260, 150:330] = 255
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    mask = coarse(truth)
    assert np.abs(guided(Grid(noise, STEP), mask).astype(int) - mask).mean() < 1


@pytest.mark.parametrize("lines", [8, 16, 40, 1000])
def test_the_size_of_what_is_done_at_a_time_changes_no_pixel(
    scene: Scene, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = coarse(scene.truth[..., 3])
    usual = guided(Grid(scene.rgb, STEP), mask)
    monkeypatch.setattr(strips.strips, "__kwdefaults__", {"lines": lines})
    monkeypatch.setattr(strips, "ACROSS", lines)
    assert (guided(Grid(scene.rgb, STEP), mask) == usual).all()


def test_several_threads_change_no_pixel(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = coarse(scene.truth[..., 3])
    usual = guided(Grid(scene.rgb, STEP), mask)
    monkeypatch.setattr(strips, "_MANY", 0)
    monkeypatch.setattr(strips, "_THREADS", 3)
    assert (guided(Grid(scene.rgb, STEP), mask) == usual).all()


@pytest.mark.parametrize("level", [0, 255])
def test_flat_photos_leave_the_mask_as_it_is(level: int) -> None:
    truth = np.zeros(SIZE, np.uint8)
    truth[100:260, 150:330] = 255
    mask = coarse(truth)
    flat = np.full((*SIZE, 3), level, np.uint8)
    assert (guided(Grid(flat, STEP), mask) == mask).all()


def test_neither_photo_nor_mask_is_changed(scene: Scene) -> None:
    mask = coarse(scene.truth[..., 3])
    before = scene.rgb.copy(), mask.copy()
    guided(Grid(scene.rgb, STEP), mask)
    assert (scene.rgb == before[0]).all()
    assert (mask == before[1]).all()
