from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import onnxruntime
import pytest
import runs
from builders import fill_up_run
from click.testing import CliRunner

from u2net.cli.train import command
from u2net.errors import DatasetError, TrainingError
from u2net.network import load_checkpoint
from u2net.training.recipe import Recipe
from u2net.training.run import fit, train
from u2net.weights.card import KEY, Card


def test_a_run_ends_with_all_that_a_run_folder_holds(
    smaller: Recipe, pairs: Path, tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    folder, soft = tmp_path / "run", make_pairs(tmp_path / "photos", layout=("images", "soft"))
    recipe = replace(smaller, val=(str(pairs),), sheet_every=6, composites=0.3, precision="bf16",
                     cutouts=(str(pairs),), backgrounds=(str(soft / "images"),))  # fmt: skip
    train([str(pairs), f"{soft}:0.5"], recipe, folder)
    assert (folder / "recipe.json").read_text() == recipe.to_json()
    assert [row["step"] for row in runs.rows(folder) if row["loss"]] == [
        str(s) for s in range(1, 13)
    ]
    sheet = cv2.imread(str(folder / "sheets/0000006.jpg"))
    assert sheet is not None
    assert sheet.shape[1] == (2 + 3) * recipe.size  # photo, truth, fused and two sides
    assert (folder / "curves.png").stat().st_size > 0
    assert list((folder / "tensorboard").glob("events*"))
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    card = Card.from_json(session.get_modelmeta().custom_metadata_map[KEY])
    assert card.training_data == (
        "ground truth of set; soft maps of another network for photos; "
        "composites of cut-outs and backgrounds"
    )
    assert card.size_hw == (32, 32)


def test_the_best_checkpoints_are_those_of_highest_max_f(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    fit([str(pairs)], replace(quick, val=(str(pairs),), val_every=2, keep_best=3), folder)
    scores = {int(r["step"]): float(r["val_max_f"]) for r in runs.rows(folder) if r["val_max_f"]}
    assert len(scores) == 6
    best = sorted(scores, key=lambda step: scores[step])[-3:]
    kept = {int(path.name[10:17]) for path in (folder / "checkpoints").glob("best*.ckpt")}
    assert kept == set(best)


def test_a_checkpoint_holds_the_averaged_weights_for_everybody(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    fit([str(pairs)], quick, tmp_path / "run")
    state = runs.state(tmp_path / "run")
    net = load_checkpoint(tmp_path / "run/checkpoints/last.ckpt")
    runs.assert_same(dict(net.state_dict()), dict(state["state_dict"]))
    weight = "encoders.0.stem.conv.weight"
    assert not state["state_dict"][weight].equal(state["current_model_state"][weight])


def test_without_averaging_both_are_the_same(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    fit([str(pairs)], replace(quick, ema=0.0), tmp_path / "run")
    state = runs.state(tmp_path / "run")
    runs.assert_same(dict(state["state_dict"]), dict(state["current_model_state"]))


def test_finetuning_starts_from_the_weights_of_another_run(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    fit([str(pairs)], quick, tmp_path / "first")
    start = str(tmp_path / "first/checkpoints/last.ckpt")
    gentle = replace(quick, init=start, rate=1e-9, steps=1, ema=0.0, checkpoint_every=1)
    fit([str(pairs)], gentle, tmp_path / "second")
    first, second = (runs.state(tmp_path / name)["state_dict"] for name in ("first", "second"))
    assert (first["sides.0.weight"] - second["sides.0.weight"]).abs().max() < 1e-6


def test_an_unreadable_file_stops_a_run_or_is_counted(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pairs / "images/p1.jpg").write_bytes(b"x")
    with pytest.raises(DatasetError, match=r"p1\.jpg"):
        fit([str(pairs)], quick, tmp_path / "run")
    fit([str(pairs)], replace(quick, steps=1, on_bad="skip"), tmp_path / "run")
    assert "1 left out" in capfd.readouterr().err


def test_photos_and_masks_without_partner_are_told_of(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pairs / "masks/p1.png").unlink()
    (pairs / "masks/p2.png").rename(pairs / "masks/other.png")
    fit([str(pairs)], replace(quick, steps=1), tmp_path / "run")
    told = capfd.readouterr().err
    assert f"{pairs}: 2 photos without truth: p1, p2\n" in told
    assert f"{pairs}: 1 truths without photo: other\n" in told


@pytest.mark.slow
def test_a_full_disk_stops_with_a_clear_error_and_keeps_the_last_checkpoint(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    process = runs.FORKS.Process(target=fill_up_run, args=(quick, pairs, folder))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert runs.state(folder)["global_step"] == 3
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (["--recipe", "none"], TrainingError, "paper_lite"),
        (["--recipe", "smoke", "--set", "nonsense=1"], TrainingError, "batch"),
        (["--recipe", "smoke", "--set", "val=missing"], DatasetError, "missing"),
    ],
)
def test_wrong_arguments_are_explained(
    arguments: list[str], error: type[Exception], says: str, pairs: Path, tmp_path: Path
) -> None:
    whole = [str(pairs), *arguments, "-o", str(tmp_path / "run"), "--set", f"cache={tmp_path}/c"]
    result = CliRunner().invoke(command, whole, standalone_mode=False)
    assert isinstance(result.exception, error)
    assert says in str(result.exception)
