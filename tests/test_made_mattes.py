"""The truth of made scenes is exact."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_mattes.kinds import KINDS, cutout
from made_mattes.layer import SAMPLES, Stroke, draw
from made_mattes.scene import make
from made_pictures import photo

SIZE = (96, 128)
SQUARE = np.float32([[4.5, 3], [20, 3], [20, 12.25], [4.5, 12.25]])


def test_alpha_is_the_part_of_a_pixel_that_is_covered() -> None:
    layer = draw([Stroke(SQUARE, (200, 100, 50), filled=True)], (16, 24))
    sample = 1 / SAMPLES
    assert layer.alpha[5, 10] == 1
    assert layer.alpha[5, 4] == pytest.approx(0.5, abs=sample)
    assert layer.alpha[12, 10] == pytest.approx(0.25, abs=sample)
    assert layer.alpha[14].sum() == 0
    straight = layer.colour[layer.alpha > 0] / layer.alpha[layer.alpha > 0, None]
    assert straight == pytest.approx(np.broadcast_to((200, 100, 50), straight.shape), abs=0.01)


def test_a_hole_shows_what_is_behind() -> None:
    hole = Stroke(SQUARE[[0, 1, 2]], None, filled=True)
    layer = draw([Stroke(SQUARE, (9, 9, 9), filled=True), hole], (16, 24))
    assert layer.alpha.sum() == pytest.approx(15.5 * 9.25 / 2, rel=0.15)
    assert layer.alpha[4, 18] == 0


def test_out_of_focus_nothing_is_lost() -> None:
    sharp = draw([Stroke(SQUARE + 20, (200, 100, 50), filled=True)], (60, 60))
    soft = sharp.out_of_focus(4.3)
    assert soft.alpha.sum() == pytest.approx(sharp.alpha.sum(), rel=1e-4)
    assert soft.alpha[27, 22] > sharp.alpha[27, 22] == 0


@pytest.mark.parametrize("name", KINDS)
def test_a_scene_is_its_truth_over_the_photograph(name: str) -> None:
    scene = make(KINDS[name], photo(*SIZE), SIZE, seed=3)
    alpha = scene.truth[..., 3:] / 255
    over = scene.truth[..., :3] * alpha + photo(*SIZE) * (1 - alpha)
    assert np.abs(scene.rgb - over).max() <= 1.01
    assert (scene.truth[..., 3] == 255).any()
    assert ((scene.truth[..., 3] > 0) & (scene.truth[..., 3] < 255)).any()
    again = make(KINDS[name], photo(*SIZE), SIZE, seed=3)
    assert (again.rgb == scene.rgb).all()


def test_a_cutout_is_enlarged(tmp_path: Path) -> None:
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[4:16, 4:16] = 200, 40, 40, 255
    Image.fromarray(rgba).save(tmp_path / "c.png")
    scene = make(cutout(tmp_path / "c.png"), photo(*SIZE), SIZE, seed=1)
    shown = scene.truth[..., 3] > 128
    assert shown.mean() == pytest.approx((0.8 * 96 * 0.6) ** 2 / (96 * 128), rel=0.1)
