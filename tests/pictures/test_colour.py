"""Colour profiles on the way in."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from made_pictures import cmyk_profile, linear_grey_profile, photo, wide_rgb_profile
from u2net.pictures import colour


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("profile", "mode"),
    [(wide_rgb_profile(), "RGB"), (linear_grey_profile(), "L"), (cmyk_profile(), "CMYK")],
)
def test_a_profile_fits_its_own_mode_alone(profile: bytes, mode: str) -> None:
    assert [m for m in ("RGB", "L", "CMYK") if colour.fits(profile, m)] == [mode]


@pytest.mark.parametrize("length", [0, 20, 130, 200])
def test_a_profile_cut_short_does_not_fit(length: int) -> None:
    assert not colour.fits(wide_rgb_profile()[:length], "RGB")


def test_srgb_to_srgb_changes_nothing_to_speak_of() -> None:
    rgb = photo()
    assert np.abs(colour.convert(rgb, srgb(), None).astype(int) - rgb).max() <= 1


def test_wide_colours_are_converted_as_little_cms_does() -> None:
    image = Image.fromarray(photo())
    profiles = [ImageCms.ImageCmsProfile(BytesIO(p)) for p in (wide_rgb_profile(), srgb())]
    expected = ImageCms.profileToProfile(image, *profiles)
    ours = colour.convert(photo(), wide_rgb_profile(), None)
    assert np.abs(ours.astype(int) - np.asarray(expected)).max() <= 1


def test_there_and_back_keeps_colours_that_both_spaces_hold() -> None:
    rgb = photo()
    there = colour.convert(rgb, None, wide_rgb_profile())
    assert np.abs(colour.convert(there, wide_rgb_profile(), None).astype(int) - rgb).max() <= 2


def test_one_space_on_both_sides_costs_nothing() -> None:
    rgb = photo()
    assert colour.convert(rgb, wide_rgb_profile(), wide_rgb_profile()) is rgb
