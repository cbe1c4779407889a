"""Cut-outs over something."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_pictures import encoded, photo, wide_rgb_profile
from u2net.background import Blur, Colour, Scene, as_background, covering, on_white, over, worded
from u2net.cutout import Cutout, cut_out
from u2net.errors import ImageError, UnknownBackgroundError
from u2net.pictures import colour
from u2net.pictures.photo import Photo, from_array

RGB = photo()
MASK = np.linspace(0, 255, RGB.shape[0] * RGB.shape[1]).reshape(RGB.shape[:2]).astype(np.uint8)
PHOTO = from_array(RGB)


@pytest.fixture
def cutout() -> Cutout:
    return cut_out(PHOTO, MASK)


def test_composing_is_the_formula_rounded(cutout: Cutout) -> None:
    behind = photo(seed=5)[::-1]
    weight = MASK[..., None] / 255
    exact = RGB * weight + behind * (1 - weight)
    assert np.abs(over(cutout, behind).pixels - exact).max() <= 0.5 + 1e-9


def test_a_colour_fills_what_is_clear_and_leaves_what_is_not(cutout: Cutout) -> None:
    pixels = over(cutout, Colour((10, 200, 30)).behind(PHOTO, cutout)).pixels
    assert (pixels[MASK == 0] == (10, 200, 30)).all()
    assert (pixels[MASK == 255] == RGB[MASK == 255]).all()


def test_a_colour_is_srgb_whatever_the_photo_is() -> None:
    tagged = Photo(rgb=RGB, icc_profile=wide_rgb_profile(), size_hw=RGB.shape[:2])
    cutout = cut_out(tagged, MASK)
    picture = over(cutout, Colour((250, 40, 40)).behind(tagged, cutout))
    assert picture.icc_profile == wide_rgb_profile()
    shown = colour.convert(picture.pixels, picture.icc_profile, None)
    assert np.abs(shown[MASK == 0].astype(int) - (250, 40, 40)).max() <= 2


@pytest.mark.parametrize("shape", [(60, 90), (30, 300), (700, 40), (1, 1)])
def test_a_scene_fills_the_frame(cutout: Cutout, shape: tuple[int, int]) -> None:
    scene = Scene(from_array(np.full((*shape, 3), 77, np.uint8)))
    assert (scene.behind(PHOTO, cutout) == np.full((60, 90, 3), 77)).all()


def test_covering_keeps_the_middle_and_the_shape() -> None:
    marked = np.zeros((100, 300, 3), np.uint8)
    marked[:, 100:200] = 255
    assert (covering(marked, (50, 50)) == 255).all()
    assert covering(marked, (50, 50)).shape == (100, 100, 3)


def test_a_blur_is_smooth_and_the_object_casts_no_halo() -> None:
    rgb = np.full((200, 200, 3), 40, np.uint8)
    rgb[80:120, 80:120] = 250
    mask = np.where(rgb[..., 0] > 100, 255, 0).astype(np.uint8)
    behind = Blur().behind(from_array(rgb), cut_out(from_array(rgb), mask))
    assert behind.shape == rgb.shape
    assert np.abs(behind.astype(int) - 40).max() < 12


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (60, 90)])
def test_a_blur_is_defined_for_any_size_and_mask(shape: tuple[int, int], level: int) -> None:
    pictured = from_array(photo(*shape))
    cutout = cut_out(pictured, np.full(shape, level, np.uint8))
    behind = Blur().behind(pictured, cutout)
    assert np.abs(behind.mean() - pictured.rgb.mean()) < 20


def test_a_blur_shows_nothing_that_the_photo_hid() -> None:
    hidden = np.dstack([np.full((40, 40, 3), 255, np.uint8), np.zeros((40, 40), np.uint8)])
    pictured = from_array(hidden)
    assert not Blur().behind(pictured, cut_out(pictured, MASK[:40, :40])).any()


def test_words_and_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "sea.png"
    path.write_bytes(encoded(RGB))
    assert as_background("transparent") is None
    assert as_background("blur") == Blur()
    assert as_background("#0aFF80") == Colour((10, 255, 128))
    scene = as_background(str(path))
    assert isinstance(scene, Scene)
    assert (scene.picture.rgb == RGB).all()


@pytest.mark.parametrize(
    ("text", "rgb"),
    [("white", (255, 255, 255)), ("#fff", (255, 255, 255)), ("RebeccaPurple", (102, 51, 153))],
)
def test_colours_have_names_and_short_forms(text: str, rgb: tuple[int, int, int]) -> None:
    assert worded(text) == as_background(text) == as_background(rgb) == Colour(rgb)


@pytest.mark.parametrize(
    "text", ["#12345", "#gggggg", "", "nowhere.png", "a\0b", "n" * 300, "#ff000080"]
)
def test_anything_else_is_an_error_that_lists_the_ways(text: str) -> None:
    with pytest.raises(UnknownBackgroundError, match=r"transparent, blur, .* or a picture"):
        as_background(text)


def test_a_word_from_a_stranger_is_never_the_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sea.png"
    path.write_bytes(encoded(RGB))
    with pytest.raises(UnknownBackgroundError):
        worded(str(path))


def test_a_picture_may_be_a_path_an_image_or_an_array(tmp_path: Path) -> None:
    path = tmp_path / "sea.png"
    path.write_bytes(encoded(RGB))
    for value in (path, Image.open(path), RGB):
        scene = as_background(value)
        assert isinstance(scene, Scene)
        assert (scene.picture.rgb == RGB).all()


@pytest.mark.parametrize("value", [(1, 2), (1, 2, 256), (1, 2, 3.0), 7, RGB.astype(float)])
def test_what_is_no_background_is_an_image_error(value: object) -> None:
    with pytest.raises(ImageError):
        as_background(value)  # type: ignore[arg-type]


def test_hidden_colours_of_a_background_stay_hidden(cutout: Cutout) -> None:
    red = np.dstack([np.full((60, 90, 3), (255, 0, 0), np.uint8), np.zeros((60, 90), np.uint8)])
    assert (on_white(from_array(red)).rgb == 255).all()
    scene = as_background(red)
    assert scene is not None
    assert (scene.behind(PHOTO, cutout) == 255).all()
