"""Which photos a calibration looks at, and how."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_pictures import wide_rgb_profile
from u2net.errors import UnfitModelError
from u2net.export.calibrate import MOST, photos_in, seen
from u2net.pictures.source import photo_of
from u2net.preprocess import to_input


def drawn(path: Path, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (200, 60, 30)).save(path, **options)
    return path


@pytest.mark.parametrize("count", [8, 48, 49, 95, 200])
def test_photos_are_taken_from_all_over_the_folder(count: int, tmp_path):
    pictures = [drawn(tmp_path / f"{number // 40}" / f"{number:03}.png") for number in range(count)]
    (tmp_path / "notes.txt").write_text("no photo")
    found = photos_in(tmp_path)
    assert len(found) == len(set(found)) == min(count, MOST)
    assert (found[0], found[-1]) == (pictures[0], pictures[-1])
    places = np.array([pictures.index(path) for path in found])
    assert np.diff(places).max() - np.diff(places).min() <= 1


def test_photos_go_in_as_serving_sees_them_by_their_profile(card, tmp_path):
    wide = drawn(tmp_path / "wide.png", icc_profile=wide_rgb_profile())
    (plain,) = seen([drawn(tmp_path / "plain.png")], card)
    (found,) = seen([wide], card)
    photo = photo_of(wide)
    assert np.array_equal(found[0], to_input(photo.rgb, card, icc_profile=photo.icc_profile))
    assert np.abs(found - plain).max() > 0.1


def test_a_folder_without_photos_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no photo")
    with pytest.raises(UnfitModelError, match="no pictures in this folder"):
        photos_in(tmp_path)
