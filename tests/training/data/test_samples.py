from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import runs

from u2net.errors import TrainingError
from u2net.training.data.datamodule import packed, unseen
from u2net.training.data.pack import pack
from u2net.training.data.samples import Samples
from u2net.training.data.sources import cutout_source, pairs_source, parts
from u2net.training.recipe import Recipe
from u2net.training.run import fit
from u2net.weights.card import Card


@pytest.mark.parametrize("flip", ["horizontal", "vertical"])
def test_a_run_with_the_authors_augmentation_learns(
    quick: Recipe, pairs: Path, tmp_path: Path, flip: str
) -> None:
    recipe = replace(quick, augment="paper", resize=40, flip=flip)  # type: ignore[arg-type]
    fit([str(pairs)], recipe, tmp_path / "run")
    losses = [float(row["loss"]) for row in runs.rows(tmp_path / "run")]
    assert len(losses) == recipe.steps
    assert losses[-1] < losses[0]


def test_a_sample_of_the_authors_augmentation_is_a_window_of_the_squashed_picture(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    recipe = replace(quick, augment="paper", resize=40, size=32, seed=5)
    done = pack(pairs_source(str(pairs)), longest=400, on_bad="stop", folder=tmp_path / "cache")
    card = Card(name="plain", mean=(0.0,) * 3, std=(1.0,) * 3, divide_by_max=False)
    photo, truth, stem, _ = Samples([done], recipe, card)[(7, 0, 3)]
    rgb = cv2.resize(done[3][0], (40, 40))
    windows = [
        view[top : top + 32, left : left + 32]
        for view in (rgb, rgb[:, ::-1])
        for top in range(9)
        for left in range(9)
    ]
    pixels = photo.numpy().transpose(1, 2, 0) * 255
    assert min(np.abs(window - pixels).max() for window in windows) < 0.01
    assert set(np.unique(truth)) <= {0.0, 1.0}
    assert stem == "set/p3"


def test_what_was_done_to_masks_is_said(
    quick: Recipe, pairs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(pairs / "masks/p1.png")
    cv2.imwrite(path, cv2.imread(path, cv2.IMREAD_GRAYSCALE) // 255)  # type: ignore[operator]
    packed(pairs_source(str(pairs)), quick)
    assert "truth of 0 and 1 read as 0 and 255 (1 masks)" in capfd.readouterr().err


def test_pictures_that_are_validated_on_are_not_pasted_either(
    quick: Recipe, pairs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipe = replace(quick, val=("0.25",))
    _, held = parts([str(pairs)], recipe)
    left = unseen(cutout_source(str(pairs)), held)
    assert {item.stem for item in left.items}.isdisjoint(item.stem for item in held[0].items)
    assert len(left.items) == 6
    assert "2 cut-outs are validated on" in capfd.readouterr().err


def test_a_setting_of_strong_is_refused_where_it_would_do_nothing(quick: Recipe) -> None:
    with pytest.raises(TrainingError, match="turns nothing"):
        replace(quick, augment="paper", resize=40, turn=10.0)
