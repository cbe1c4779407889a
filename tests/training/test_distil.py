"""Runs of a network that has a teacher."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import runs
import torch

from u2net.errors import DatasetError, TrainingError
from u2net.export.runs import weights_in
from u2net.network import (
    TINY,
    ResidualSpec,
    RSUSpec,
    U2Net,
    U2NetSpec,
    load_checkpoint,
    save_checkpoint,
)
from u2net.training.recipe import Recipe
from u2net.training.recipes import RECIPES
from u2net.training.run import fit, train

_LEVELS = (RSUSpec(2, mid=4, out=12),) * 3
WIDE = U2NetSpec(encoders=(*_LEVELS, RSUSpec(2, mid=128, out=128)), decoders=_LEVELS)
"""A level more, with far more weights than all the others."""


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    net = U2Net(TINY)
    net(torch.randn(8, 3, 32, 32))
    save_checkpoint(net.eval(), tmp_path / "teacher.safetensors")
    return tmp_path / "teacher.safetensors"


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    torch.manual_seed(6)
    save_checkpoint(U2Net(WIDE).eval(), tmp_path / "wide.safetensors")
    return tmp_path / "wide.safetensors"


@pytest.fixture
def taught(quick: Recipe, pairs: Path, teacher: Path) -> Recipe:
    return replace(
        quick, teacher=str(teacher), distil="whole", val=(str(pairs),), ema=0.8, schedule="constant"
    )


@pytest.fixture
def photos(pairs: Path, tmp_path: Path) -> Path:
    """Photos alone."""
    return Path(shutil.copytree(pairs / "images", tmp_path / "photos"))


def last(folder: Path) -> dict[str, Any]:
    """The last checkpoint of a run."""
    checkpoint: dict[str, Any] = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    return checkpoint


@pytest.mark.slow
@pytest.mark.parametrize("distil", ["layers", "blocks", "whole"])
def test_a_stopped_run_goes_on_as_if_it_had_not_been(
    taught: Recipe, pairs: Path, tmp_path: Path, distil: str, wide: Path
) -> None:
    recipe = replace(taught, distil=distil)  # type: ignore[arg-type]
    if distil == "whole":  # with projections, which have a state of their own
        recipe = replace(recipe, teacher=str(wide))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fit([str(pairs)], recipe, whole)
    fit([str(pairs)], replace(recipe, steps=6), cut)
    fit([str(pairs)], recipe, cut, resume=True)
    runs.assert_same(runs.state(whole), runs.state(cut))
    runs.assert_same(last(whole)["scales"], last(cut)["scales"])
    names = ["encoder1", "decoder1"]
    assert all(row[name] for row in runs.rows(whole) if row["loss"] for name in names)


@pytest.mark.slow
def test_the_teacher_is_in_no_file_of_the_run(
    taught: Recipe, smaller: Recipe, pairs: Path, photos: Path, tmp_path: Path, wide: Path
) -> None:
    recipe = replace(taught, teacher=str(wide), network="init", init=smaller.init)
    assert train([str(pairs), f"{photos}:0.5"], recipe, tmp_path / "run")
    state = runs.state(tmp_path / "run")
    student = load_checkpoint(smaller.init)
    assert state["state_dict"].keys() == student.state_dict().keys()
    assert load_checkpoint(weights_in(tmp_path / "run")).spec == student.spec
    assert (tmp_path / "run/model.onnx").stat().st_size < wide.stat().st_size / 2
    assert (tmp_path / "run/checkpoints/last.ckpt").stat().st_size < wide.stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize("distil", ["layers", "blocks"])
def test_photos_alone_are_enough_for_hints(
    taught: Recipe, photos: Path, tmp_path: Path, distil: Any
) -> None:
    recipe = replace(taught, distil=distil, steps=40, rate=1e-2, val=(), ema=0.0)
    fit([str(photos)], recipe, tmp_path / "run")
    rows = [row for row in runs.rows(tmp_path / "run") if row["loss"]]
    losses = [float(row["encoder1"]) for row in rows]
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])


def test_the_card_names_the_teacher(
    taught: Recipe, pairs: Path, photos: Path, tmp_path: Path
) -> None:
    fit([str(pairs), str(photos)], replace(taught, distil="blocks"), tmp_path / "run")
    card = last(tmp_path / "run")["u2net.card"]
    assert "photos alone of photos" in card
    assert "features and maps of teacher.safetensors" in card


def test_the_recipes_say_what_they_need(pairs: Path, tmp_path: Path) -> None:
    for name in ("distil", "distil_blocks", "distil_layers"):
        with pytest.raises(TrainingError, match="add --set teacher=CHECKPOINT"):
            fit([str(pairs)], RECIPES[name](), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distil": "no"}, "add --set distil=layers"),
        ({"distil": "blocks", "teacher": "wide"}, "other blocks than the network"),
        ({"distil": "layers", "teacher": "wide"}, "other blocks than the network"),
        ({"init": "teacher"}, "is the network that is to learn"),
        ({"teacher": "deep"}, "takes 4 channels"),
    ],
    ids=["no lesson", "other blocks", "other layers", "itself", "other channels"],
)
def test_a_teacher_that_cannot_teach_is_refused_in_one_line(
    taught: Recipe,
    pairs: Path,
    tmp_path: Path,
    teacher: Path,
    wide: Path,
    change: dict[str, str],
    words: str,
) -> None:
    deep = tmp_path / "deep.safetensors"
    save_checkpoint(U2Net(TINY, inputs=4).eval(), deep)
    files = {"wide": str(wide), "teacher": str(teacher), "deep": str(deep)}
    values = {key: files.get(value, value) for key, value in change.items()}
    with pytest.raises(TrainingError, match=words) as refused:
        fit([str(pairs)], replace(taught, **values), tmp_path / "run")  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_without_a_teacher_photos_alone_are_no_data_set(
    quick: Recipe, photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="no layout of images and masks"):
        fit([str(photos)], quick, tmp_path / "run")


def test_blocks_whose_layers_depend_on_each_other_are_refused(
    taught: Recipe, pairs: Path, tmp_path: Path
) -> None:
    spec = U2NetSpec(encoders=(ResidualSpec(mid=4, out=8),) * 2, decoders=(RSUSpec(2, 4, 8),))
    for name in ("mine", "theirs"):
        save_checkpoint(U2Net(spec).eval(), tmp_path / name)
    recipe = replace(
        taught,
        distil="layers",
        teacher=str(tmp_path / "theirs"),
        network="init",
        init=str(tmp_path / "mine"),
    )
    with pytest.raises(TrainingError, match=r"cannot learn alone.*add --set distil=blocks"):
        fit([str(pairs)], recipe, tmp_path / "run")
