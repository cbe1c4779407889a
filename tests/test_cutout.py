"""Photo and mask to cut-out."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from made_pictures import photo, wide_rgb_profile
from u2net.cutout import Cutout, cut_out
from u2net.errors import OutputError
from u2net.pictures.photo import Photo, from_array

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)


def levels(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """All of 0…255, with whole areas of both ends."""
    values = np.random.default_rng(seed).integers(-200, 456, shape)
    return values.clip(0, 255).astype(np.uint8)


@settings(max_examples=60)
@given(SHAPES, st.integers(0, 99))
def test_colour_is_straight_and_nothing_is_left_where_alpha_is_0(
    shape: tuple[int, int], seed: int
) -> None:
    rgb, mask = photo(*shape), levels(shape, seed)
    cutout = cut_out(from_array(rgb), mask)
    assert (cutout.alpha == mask).all()
    assert (cutout.rgba[..., :3] == np.where(mask[..., None] > 0, rgb, 0)).all()


@settings(max_examples=60)
@given(SHAPES, st.integers(0, 99))
def test_composed_over_the_photo_it_is_the_photo_again(shape: tuple[int, int], seed: int) -> None:
    rgb, mask = photo(*shape), levels(shape, seed)
    rgba = cut_out(from_array(rgb), mask).rgba
    weight = rgba[..., 3:] / 255
    composed = rgba[..., :3] * weight + rgb * (1 - weight)
    assert np.abs(composed - rgb).max() < 1e-9


@settings(max_examples=60)
@given(SHAPES, st.integers(0, 99))
def test_the_photos_own_alpha_is_multiplied_in(shape: tuple[int, int], seed: int) -> None:
    own, mask = levels(shape, seed), levels(shape, seed + 1)
    found = cut_out(from_array(np.dstack([photo(*shape), own])), mask)
    exact = mask.astype(float) * own / 255
    assert np.abs(found.alpha - exact).max() <= 0.5
    assert not found.rgba[found.alpha == 0].any()


def test_neither_photo_nor_mask_is_changed() -> None:
    rgb, mask = photo(), levels((60, 90), 3)
    before = rgb.copy(), mask.copy()
    cut_out(from_array(rgb), mask)
    assert (rgb == before[0]).all()
    assert (mask == before[1]).all()


def test_what_becomes_of_the_array_later_changes_no_cutout() -> None:
    rgb = photo()
    before = rgb.copy()
    found = cut_out(from_array(rgb), np.full(rgb.shape[:2], 255, np.uint8))
    rgb[:] = 0
    assert (found.rgba[..., :3] == before).all()


def test_a_cutout_is_not_edited_by_chance() -> None:
    found = cut_out(from_array(photo()), levels((60, 90), 5))
    for view in (found.rgba, found.alpha):
        with pytest.raises(ValueError, match="read-only"):
            view[:] = 0
    assert (np.asarray(found.pixels) == found.rgba).all()


@pytest.fixture
def cutout() -> Cutout:
    rgb = photo()
    tagged = Photo(rgb=rgb, icc_profile=wide_rgb_profile(), size_hw=rgb.shape[:2])
    return cut_out(tagged, levels((60, 90), 4))


@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_lossless_formats_hold_every_value_and_the_profile(cutout: Cutout, kind: str) -> None:
    image = Image.open(BytesIO(cutout.encode(kind)))
    assert (np.asarray(image) == cutout.rgba).all()
    assert image.info["icc_profile"] == wide_rgb_profile()


def test_jpg_says_that_it_has_no_transparency(cutout: Cutout) -> None:
    with pytest.raises(OutputError, match="no transparency"):
        cutout.encode("jpg")


def test_an_unknown_format_is_refused(cutout: Cutout) -> None:
    with pytest.raises(OutputError, match="'gif' is unknown; use png"):
        cutout.encode("gif")


@pytest.mark.parametrize("suffix", ["png", "PNG", "webp", "tif", "tiff"])
def test_saving_takes_the_format_from_the_suffix(
    cutout: Cutout, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"new folder/out.{suffix}"
    cutout.save(path)
    assert (np.asarray(Image.open(path)) == cutout.rgba).all()


@pytest.mark.parametrize("name", ["out", "out.gif", "out.png.bak"])
def test_saving_under_an_unknown_suffix_writes_nothing(
    cutout: Cutout, tmp_path: Path, name: str
) -> None:
    with pytest.raises(OutputError, match="suffix"):
        cutout.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_a_format_cannot_hold_is_an_error_that_says_so() -> None:
    wide = cut_out(from_array(photo(1, 16384)), np.full((1, 16384), 255, np.uint8))
    with pytest.raises(OutputError, match=r"webp cannot hold 16384×1 .*png"):
        wide.encode("webp")


def test_a_cutout_says_how_large_it_is_and_shows_itself_in_a_notebook(cutout: Cutout) -> None:
    assert cutout.size == (90, 60)
    assert (np.asarray(Image.open(BytesIO(cutout._repr_png_()))) == cutout.rgba).all()


@pytest.mark.parametrize("kind", ["PNG", ".png", "png"])
def test_formats_may_be_written_as_people_write_them(cutout: Cutout, kind: str) -> None:
    assert cutout.encode(kind) == cutout.encode("png")


def test_a_stream_is_saved_to(cutout: Cutout) -> None:
    stream = BytesIO()
    cutout.save(stream)
    assert stream.getvalue() == cutout.encode("png")
    stream = BytesIO()
    cutout.save(stream, "WebP")
    assert stream.getvalue() == cutout.encode("webp")
