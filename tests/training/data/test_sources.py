from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from u2net.errors import DatasetError
from u2net.training.data.sources import cutout_source, pairs_source, pictures_source, split_weight


@pytest.mark.parametrize(
    ("argument", "path", "weight"),
    [("a/b", "a/b", 1.0), ("a/b:0.5", "a/b", 0.5), ("a:b", "a:b", 1.0), ("C:/x:2", "C:/x", 2.0)],
)
def test_a_weight_follows_the_path(argument: str, path: str, weight: float) -> None:
    assert split_weight(argument) == (Path(path), weight)


def test_a_folder_whose_name_ends_like_a_weight_is_that_folder(tmp_path: Path) -> None:
    (tmp_path / "set:2").mkdir()
    assert split_weight(f"{tmp_path}/set:2") == (tmp_path / "set:2", 1.0)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf"])
def test_a_weight_that_is_none_is_refused(weight: str) -> None:
    with pytest.raises(DatasetError, match="weight"):
        split_weight(f"x:{weight}")


def test_a_mask_of_another_size_is_refused_with_its_name(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "masks/p3.png"), np.full((9, 9), 255, np.uint8))
    source = pairs_source(str(pairs))
    with pytest.raises(DatasetError, match=r"p3\.png.*9×9"):
        source.read(source.items[3], 400)


def test_a_soft_map_may_be_smaller_but_not_of_another_shape(
    tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    folder = make_pairs(tmp_path / "soft", layout=("images", "soft"))
    first, second = (folder / f"soft/p{n}.png" for n in (0, 1))
    for path, size in ((first, (0.5, 0.5)), (second, (0.5, 0.9))):
        plane = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        assert plane is not None
        cv2.imwrite(str(path), cv2.resize(plane, (0, 0), fx=size[0], fy=size[1]))
    source = pairs_source(str(folder))
    rgb, mask, _ = source.read(source.items[0], 400)
    assert rgb.shape[:2] == mask.shape
    with pytest.raises(DatasetError, match=r"p1\.png"):
        source.read(source.items[1], 400)


def test_large_pictures_are_shrunk_with_their_masks(pairs: Path) -> None:
    source = pairs_source(str(pairs))
    rgb, mask, _ = source.read(source.items[0], 20)
    assert max(rgb.shape) == 20
    assert rgb.shape[:2] == mask.shape


def test_cut_outs_come_from_rgba_files_or_from_pairs(tmp_path: Path, pairs: Path) -> None:
    cut = np.dstack([np.full((8, 6, 3), (10, 20, 30), np.uint8), np.full((8, 6), 99, np.uint8)])
    cv2.imwrite(str(tmp_path / "a.png"), cut)
    (pairs / "keep").mkdir()
    source = cutout_source(str(pairs))
    assert source.kind == "pairs"
    flat = tmp_path / "flat"
    flat.mkdir()
    (tmp_path / "a.png").rename(flat / "a.png")
    source = cutout_source(str(flat))
    rgb, alpha, _ = source.read(source.items[0], 400)
    assert rgb[0, 0].tolist() == [30, 20, 10]
    assert np.unique(alpha).tolist() == [99]


def test_a_data_argument_that_no_path_can_be_is_refused(tmp_path: Path) -> None:
    for argument in ("x" * 300, "x" * 300 + ":0.5", "a\0b"):
        with pytest.raises(DatasetError, match="no such folder"):
            pairs_source(argument)


def test_what_a_background_hides_under_its_alpha_is_not_shown(tmp_path: Path) -> None:
    pixels = np.zeros((8, 6, 4), np.uint8)
    pixels[:, :, 2] = 255  # red, in OpenCV's order
    pixels[:4, :, 3] = 255
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    source = pictures_source(str(tmp_path), "backgrounds")
    rgb, _, _ = source.read(source.items[0], 400)
    assert np.unique(rgb[:4].reshape(-1, 3), axis=0).tolist() == [[255, 0, 0]]
    assert np.unique(rgb[4:].reshape(-1, 3), axis=0).tolist() == [[255, 255, 255]]


def test_an_empty_folder_of_backgrounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no pictures"):
        pictures_source(str(tmp_path), "backgrounds")
