"""The one rule for masks: what is taken, as what, and what is refused."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from u2net.data.check import check
from u2net.data.truth import LevelsError, as_truth, read_truth
from u2net.errors import DatasetError
from u2net.evaluation.workers import Task, outcome
from u2net.training.data.sources import pairs_source

DISC = np.zeros((60, 80), np.uint8)
cv2.circle(DISC, (40, 30), 18, 255, -1)
INSIDE = DISC > 0
SECOND = np.zeros_like(INSIDE)
SECOND[5:20, 60:75] = True


def palette_file(
    levels: NDArray[np.uint8], colours: dict[int, tuple[int, int, int]]
) -> Image.Image:
    picture = Image.fromarray(levels).convert("P")
    picture.putpalette([part for level in range(256) for part in colours.get(level, (0, 0, 0))])
    return picture


def in_colours(*colours: tuple[int, int, int]) -> Image.Image:
    """Background, disc and second object in three colours."""
    pixels = np.full((60, 80, 3), colours[0], np.uint8)
    pixels[INSIDE], pixels[SECOND] = colours[1], colours[2]
    return Image.fromarray(pixels)


def with_alpha(alpha: NDArray[np.uint8]) -> Image.Image:
    picture = Image.new("RGBA", (80, 60), (200, 10, 10))
    picture.putalpha(Image.fromarray(alpha))
    return picture


BLACK, RED, GREEN = (0, 0, 0), (128, 0, 0), (0, 128, 0)

TWO_LEVELS: dict[str, Image.Image] = {
    "0 and 255": Image.fromarray(DISC),
    "1 bit": Image.fromarray(INSIDE),
    "0 and 1": Image.fromarray(DISC // 255),
    "0 and 128": Image.fromarray(DISC // 255 * np.uint8(128)),
    "16 bits": Image.fromarray(DISC.astype(np.uint16) * 257),
    "grey in colour": Image.fromarray(DISC).convert("RGB"),
    "alpha": with_alpha(DISC),
    "palette": palette_file(DISC // 255, {1: RED}),
    "palette, black last": palette_file(1 - DISC // 255, {0: RED}),
    "one colour": in_colours(BLACK, RED, BLACK),
}


@pytest.mark.parametrize("kind", TWO_LEVELS)
def test_two_levels_are_background_and_foreground_in_every_kind_of_file(
    tmp_path: Path, kind: str
) -> None:
    TWO_LEVELS[kind].save(tmp_path / "a.png")
    truth, notes = read_truth(tmp_path / "a.png")
    np.testing.assert_array_equal(truth, np.where(INSIDE, 255, 0))
    plain = ("0 and 255", "1 bit", "16 bits", "grey in colour")
    if kind != "one colour":
        assert (not notes) == (kind in plain), notes


def edged(scale: float) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(DISC).resize((int(80 * scale), int(60 * scale))), np.uint8)


@pytest.mark.parametrize("plane", [edged(0.5), edged(2.7), cv2.GaussianBlur(DISC, (0, 0), 1.5)])
def test_soft_edges_are_kept_as_they_are(plane: NDArray[np.uint8]) -> None:
    truth, notes = as_truth(plane)
    np.testing.assert_array_equal(truth, plane)
    assert not notes


@pytest.mark.parametrize(("kind", "quality"), [("jpeg", 30), ("jpeg", 90), ("webp", 80)])
def test_a_mask_that_a_lossy_format_scattered_is_taken(
    tmp_path: Path, kind: str, quality: int, shared: Path
) -> None:
    mask = Image.open(shared / "data/ecssd200/masks/0005.png").convert("L")
    mask.save(tmp_path / f"a.{kind}", quality=quality)
    truth, _ = read_truth(tmp_path / f"a.{kind}")
    assert ((truth > 128) == (np.asarray(mask) > 128)).mean() > 0.995


def test_every_mask_of_the_data_at_hand_is_taken(shared: Path) -> None:
    for folder in (*(shared / "data/train").glob("*/masks"), shared / "data/ecssd200/masks"):
        for path in sorted(folder.iterdir())[::25]:
            truth, notes = read_truth(path)
            assert set(np.unique(truth)) <= {0, 255}
            assert not notes


CLASSES = np.where(SECOND, 2, np.where(INSIDE, 1, 0)).astype(np.uint8)
VOC = palette_file(CLASSES, {1: RED, 2: GREEN})
REFUSED: dict[str, tuple[Image.Image, str]] = {
    "class numbers": (Image.fromarray(CLASSES), "holds the levels 0, 1, 2"),
    "with a void border": (
        Image.fromarray(np.where(SECOND, 255, np.where(INSIDE, 15, 0)).astype(np.uint8)),
        "holds areas of the levels 0, 15, 255",
    ),
    "trimap": (
        Image.fromarray(np.where(SECOND, 128, DISC).astype(np.uint8)),
        "holds areas of the levels 0, 128, 255",
    ),
    "no background": (Image.fromarray(1 + DISC // 255), "holds 1 and 2 and no 0"),
    "palette of classes": (VOC, "3 colours"),
    "colours of classes": (in_colours(BLACK, RED, GREEN), "3 colours"),
    "two colours, none black": (in_colours(GREEN, RED, GREEN), "2 colours, not black and one"),
    "a photo": (
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)),
        "grey in",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_levels_of_no_mask_are_refused_in_one_line_that_says_what_was_found(
    tmp_path: Path, kind: str
) -> None:
    picture, found = REFUSED[kind]
    picture.save(tmp_path / "a.png")
    with pytest.raises(LevelsError, match=found) as caught:
        read_truth(tmp_path / "a.png")
    assert str(caught.value).startswith(f"{tmp_path / 'a.png'}: ")
    assert "folder named soft or alpha" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("picture", [Image.fromarray(CLASSES), VOC], ids=["numbers", "palette"])
def test_training_check_and_evaluation_refuse_the_same_mask(
    tmp_path: Path, make_pairs: Any, picture: Image.Image
) -> None:
    pairs = make_pairs(tmp_path / "set", count=2)
    photo = Image.new("RGB", picture.size)
    photo.save(pairs / "images/p1.jpg")
    path = pairs / "masks/p1.png"
    picture.save(path)
    source = pairs_source(str(pairs))
    with pytest.raises(DatasetError) as training:
        source.read(source.items[1], 400)
    (problem,) = check(pairs).problems
    scored = outcome(Task(stem="p1", map=np.zeros((60, 80), np.uint8), truth=path))
    assert (problem.kind, problem.stem) == ("levels", "p1")
    assert str(training.value) == problem.detail
    assert scored.vector is None
    assert problem.detail.endswith(scored.reason.removeprefix(f"{path}: "))


@pytest.mark.parametrize("folder", ["soft", "alpha"])
def test_soft_maps_and_mattes_may_hold_any_level(
    tmp_path: Path, make_pairs: Any, folder: str
) -> None:
    pairs = make_pairs(tmp_path / "set", layout=("images", folder))
    levels = np.random.default_rng(0).integers(0, 90, (40, 50), np.uint8)
    Image.new("RGB", (50, 40)).save(pairs / "images/p0.jpg")
    Image.fromarray(levels).save(pairs / f"{folder}/p0.png")
    source = pairs_source(str(pairs))
    np.testing.assert_array_equal(source.read(source.items[0], 400)[1], levels)
    assert check(pairs).problems == []


def test_a_mask_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(DISC).copy()).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_truth(tmp_path / "a.png")[0], DISC)


def test_check_notes_masks_of_zeros_and_ones_and_finds_no_problem(
    tmp_path: Path, pairs: Path
) -> None:
    Image.fromarray(DISC // 255).save(pairs / "masks/p0.png")
    Image.new("RGB", (80, 60)).save(pairs / "images/p0.jpg")
    checked = check(pairs)
    assert checked.problems == []
    assert checked.notes == {"truth of 0 and 1 read as 0 and 255": 1}
