"""Masks with classes: numbers in one file, or a file a class."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from u2net.data.class_folders import class_names, find_labelled
from u2net.data.labels import Labels
from u2net.errors import DatasetError

NUMBERS = np.array([[0, 1, 2], [2, 255, 0]], np.uint8)
THREE = Labels(task="multiclass", classes=("ground", "cat", "dog"))
BOTH = Labels(task="multilabel", classes=("cat", "dog"))


def write(path: Path, pixels: np.ndarray, palette: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768, np.uint8).tobytes())
    image.save(path)
    return path


@pytest.mark.parametrize("kind", ["palette", "grey", "16 bits"])
def test_class_numbers_are_read_as_they_are_stored(kind: str, tmp_path: Path) -> None:
    stored = NUMBERS.astype(np.uint16) if kind == "16 bits" else NUMBERS
    path = write(tmp_path / "a.png", stored, palette=kind == "palette")
    numbers, notes = THREE.read([path])
    assert numbers.dtype == np.uint8
    assert (numbers == NUMBERS).all()
    assert notes == ("class ground", "class cat", "class dog")
    assert THREE.unseen(notes[:1]) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (NUMBERS + np.uint8(2), "holds class 3, and the 3 names are for 0 to 2"),
        (NUMBERS.astype(np.uint16) * 200, "holds class 200"),
        (np.zeros((2, 3, 3), np.uint8), "a mask of RGB, not of class numbers"),
        (np.zeros((2, 3, 4), np.uint8), "a mask of RGBA"),
        (np.zeros((2, 3), np.float32), "a mask of F"),
    ],
)
def test_what_are_no_numbers_of_known_classes_is_refused_in_one_line(
    pixels: np.ndarray, says: str, tmp_path: Path
) -> None:
    path = write(tmp_path / ("a.tiff" if pixels.dtype == np.float32 else "a.png"), pixels)
    with pytest.raises(DatasetError, match=says) as caught:
        THREE.read([path])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_any_number_may_count_for_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", NUMBERS)
    with pytest.raises(DatasetError, match="holds class 2"):
        Labels(task="multiclass", classes=("ground", "cat")).read([path])
    two = Labels(task="multiclass", classes=("ground", "cat"), ignore=2)
    with pytest.raises(DatasetError, match="holds class 255"):
        two.read([path])
    path = write(tmp_path / "b.png", np.where(NUMBERS == 255, 0, NUMBERS).astype(np.uint8))
    assert two.read([path])[1] == ("class ground", "class cat")


def labelled(folder: Path) -> Path:
    """Two pictures; a cat on the first, and a dog on both."""
    for stem in ("a", "b"):
        write(folder / f"images/{stem}.png", np.zeros((2, 3, 3), np.uint8))
        write(folder / f"masks/dog/{stem}.png", np.full((2, 3), 255, np.uint8))
    write(folder / "masks/cat/a.png", np.eye(2, 3, dtype=np.uint8) * 255)
    return folder


def test_a_mask_a_class_becomes_a_plane_a_class(tmp_path: Path) -> None:
    found = find_labelled(labelled(tmp_path), BOTH)
    assert [pair.stem for pair in found.pairs] == ["a", "b"]
    planes, notes = BOTH.read(found.pairs[0].masks)
    assert planes.shape == (2, 3, 2)
    assert (planes[:, :, 0] == np.eye(2, 3) * 255).all()
    assert notes == ("class cat", "class dog")
    planes, notes = BOTH.read(found.pairs[1].masks)
    assert not planes[:, :, 0].any()
    assert notes == ("class dog",)


def test_a_set_names_its_classes_in_a_file_or_by_its_folders(tmp_path: Path) -> None:
    assert class_names(labelled(tmp_path), BOTH) == ("cat", "dog")
    (tmp_path / "classes.txt").write_text("dog\ncat\n\n")
    assert class_names(tmp_path, BOTH) == ("dog", "cat")
    for stem in ("a", "b"):
        write(tmp_path / f"numbers/gt/{stem}.png", np.zeros((2, 3), np.uint8))
        write(tmp_path / f"numbers/im/{stem}.png", np.zeros((2, 3, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"classes\.txt"):
        class_names(tmp_path / "numbers", THREE)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (Labels(task="multilabel", classes=("cat", "bird")), "class 'bird'; there are cat, dog"),
        (Labels(task="multilabel", classes=("..",)), r"class '\.\.'"),
    ],
)
def test_a_class_without_a_folder_is_refused(labels: Labels, says: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=says):
        find_labelled(labelled(tmp_path), labels)


@pytest.mark.parametrize("labels", [BOTH, THREE])
def test_masks_of_both_kinds_are_refused(labels: Labels, tmp_path: Path) -> None:
    write(labelled(tmp_path) / "masks/b.png", NUMBERS)
    with pytest.raises(DatasetError, match="two kinds"):
        find_labelled(tmp_path, labels)
