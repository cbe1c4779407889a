"""Networks that tell classes apart, from masks to the file that serves."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import runs
import torch
from drawn_classes import NAMES, draw, draw_apart, save
from PIL import Image

from u2net import Remover
from u2net.errors import TrainingError, U2NetError
from u2net.export import card_for
from u2net.export.runs import weights_in
from u2net.network import TINY, U2Net, load_checkpoint, save_checkpoint
from u2net.preprocess import to_input
from u2net.training.recipe import Recipe, change
from u2net.training.recipes import smoke
from u2net.training.run import fit, train


@pytest.fixture
def classes(quick: Recipe) -> Recipe:
    return replace(quick, task="multiclass", loss={"ce": 1.0, "iou": 1.0}, best="iou", size=48)


@pytest.fixture
def labels(classes: Recipe) -> Recipe:
    return replace(classes, task="multilabel", loss={"bce": 1.0, "iou": 1.0})


@pytest.mark.slow
def test_classes_are_learnt_and_served_as_the_network_says(
    classes: Recipe, tmp_path: Path, learner: str
) -> None:
    folder, held = draw(tmp_path / "set", count=24), draw(tmp_path / "held", seed=1)
    recipe = replace(
        classes, steps=36, batch=8, rate=2e-2, val=(str(held),), val_every=36, val_size=48,
        checkpoint_every=36, sheet_every=36, network=learner,
    )  # fmt: skip
    train([str(folder)], recipe, tmp_path / "run")
    row = runs.rows(tmp_path / "run")[-1]
    assert float(row["val_iou"]) > 0.8
    assert float(row["val_iou_disc"]) > 0.7
    remover = Remover(tmp_path / "run", engine="onnxruntime")
    card = remover.load().card
    assert (card.task, card.classes) == ("multiclass", NAMES)
    assert card_for(weights_in(tmp_path / "run")).scores["held (multiclass)"]["iou"] > 0.8
    net = load_checkpoint(weights_in(tmp_path / "run"))
    for number in range(12):
        rgb = np.asarray(Image.open(held / f"images/s{number}.png"))
        with torch.no_grad():
            fused = net(torch.from_numpy(to_input(rgb, card))[None])[0]
        assert (remover.mask(rgb) == fused[0].argmax(dim=0).numpy()).all()
    sheet = cv2.imread(str(tmp_path / "run/sheets/0000036.jpg"))
    assert sheet is not None
    assert len(np.unique(sheet.reshape(-1, 3)[:, 0] // 64)) > 1


@pytest.mark.slow
def test_overlapping_classes_are_learnt_from_a_mask_each(
    labels: Recipe, tmp_path: Path, learner: str
) -> None:
    folder, held = draw_apart(tmp_path / "set", count=24), draw_apart(tmp_path / "held", seed=1)
    recipe = replace(
        labels, steps=36, batch=8, rate=2e-2, val=(str(held),), val_every=36, val_size=48,
        checkpoint_every=36, sheet_every=36, turn=5.0, network=learner,
    )  # fmt: skip
    train([str(folder)], recipe, tmp_path / "run")
    assert float(runs.rows(tmp_path / "run")[-1]["val_iou"]) > 0.7
    remover = Remover(tmp_path / "run", class_name="disc")
    assert remover.load().card.classes == ("bar", "disc", "square")
    truth = np.asarray(Image.open(held / "masks/disc/s0.png"))
    found = remover.mask(held / "images/s0.png")
    assert np.mean((found > 127) == (truth > 127)) > 0.95


@pytest.mark.slow
def test_a_run_that_goes_on_ends_with_the_same_bits(classes: Recipe, tmp_path: Path) -> None:
    folder = draw(tmp_path / "set")
    recipe = replace(
        classes, val=(str(folder),), class_weights=(1.0, 2.0, 2.0, 2.0), schedule="constant"
    )
    fit([str(folder)], recipe, tmp_path / "whole")
    fit([str(folder)], replace(recipe, steps=6), tmp_path / "cut")
    fit([str(folder)], replace(recipe, classes=NAMES), tmp_path / "cut", resume=True)
    runs.assert_same(runs.state(tmp_path / "whole"), runs.state(tmp_path / "cut"))
    assert runs.rows(tmp_path / "whole") == runs.rows(tmp_path / "cut")
    other = replace(recipe, classes=("a", "b", "c", "d"))
    with pytest.raises(TrainingError, match="classes was"):
        fit([str(folder)], other, tmp_path / "cut", resume=True)


@pytest.mark.slow
def test_a_run_that_is_killed_ends_with_the_same_bits(classes: Recipe, tmp_path: Path) -> None:
    folder, cut = draw(tmp_path / "set"), tmp_path / "cut"
    recipe = replace(classes, val=(str(folder),), workers=1, steps=20)
    fit([str(folder)], replace(recipe, workers=0), tmp_path / "whole")
    process = runs.fork(runs.command(folder, recipe, cut), tmp_path / "said")
    runs.wait_for_step(cut, 5, process)
    os.kill(process.process.pid or 0, signal.SIGKILL)
    process.wait()
    fit([str(folder)], recipe, cut, resume=True)
    runs.assert_same(runs.state(tmp_path / "whole"), runs.state(cut))


def binary(folder: Path) -> Path:
    """Masks of one object, 0 and 255, where numbers of classes should be."""
    draw(folder)
    for path in (folder / "masks").iterdir():
        save(path, np.where(np.asarray(Image.open(path)) > 0, 255, 0).astype(np.uint8))
    return folder


@pytest.mark.parametrize(
    ("make", "other", "says"),
    [
        (draw, {"classes": ("a", "b")}, r"s\d+\.png: holds class [23], and the 2 names"),
        (draw, {"task": "multilabel", "loss": {"bce": 1.0}, "classes": ()}, "folder a class"),
        (draw_apart, {}, "no image has a mask"),
        (binary, {}, "the masks hold ground alone"),
    ],
)
def test_masks_of_another_kind_are_refused_in_one_line(
    make: object, other: dict[str, object], says: str, classes: Recipe, tmp_path: Path
) -> None:
    folder = make(tmp_path / "set")  # type: ignore[operator]
    with pytest.raises(U2NetError, match=says) as caught:
        fit([str(folder)], replace(classes, **other), tmp_path / "run")  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_classes_begin_from_the_blocks_of_a_saliency_network(
    classes: Recipe, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.safetensors"
    torch.manual_seed(5)
    net = U2Net(TINY)
    save_checkpoint(net, file)
    recipe = replace(classes, init=str(file), steps=1, rate=1e-9, ema=0.0, checkpoint_every=1)
    fit([str(draw(tmp_path / "set"))], recipe, tmp_path / "run")
    assert "is for 3 channels and 1 maps, and becomes one for 3 and 4" in capfd.readouterr().err
    begun = load_checkpoint(tmp_path / "run/checkpoints/last.ckpt")
    assert begun.outputs == 4
    blocks = [(key, weight) for key, weight in net.state_dict().items() if "conv.weight" in key]
    for key, weight in blocks:
        torch.testing.assert_close(begun.state_dict()[key], weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["task=multiclass"], "loss: bce is none of multiclass"),
        (["task=multiclass", "loss=ce"], "best=max_f is for saliency"),
        (["classes=a,b"], "classes are for task=multiclass"),
        (["task=multiclass", "loss=ce", "best=iou", "classes=a,a"], "names of their own"),
        (["task=multiclass", "loss=ce", "best=iou", "classes=a,b\t"], "on one line"),
        (["task=multiclass", "loss=ce", "best=iou", "classes=a"], "two or more"),
        (
            ["task=multiclass", "loss=ce", "best=iou", "classes=a,b", "class_weights=1"],
            "class_weights: 1 for 2 classes",
        ),
        (["task=multilabel", "best=iou", "plain=0.1"], "plain and teacher are for saliency"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: list[str], says: str) -> None:
    with pytest.raises(TrainingError, match=says):
        change(smoke(), settings)
