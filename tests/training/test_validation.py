from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import runs

from u2net.errors import TrainingError
from u2net.export import card_for
from u2net.export.runs import best_of
from u2net.network import TINY, U2Net, save_checkpoint
from u2net.training.checks import check_validation
from u2net.training.data.sources import pairs_source, parts
from u2net.training.recipe import Recipe
from u2net.training.run import fit
from u2net.training.scores import Scores, better_weights, prefixes

EMPTY, FULL = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)


def test_iou_takes_an_empty_map_of_an_empty_truth_for_right() -> None:
    scores = Scores()
    scores.update(EMPTY, EMPTY)
    assert scores.result()["iou"] == 1
    scores.update(FULL, EMPTY)
    assert scores.result()["iou"] == 0.5
    half = FULL.copy()
    half[:2] = 127
    scores.update(half, FULL)
    assert scores.result()["iou"] == pytest.approx((1 + 0 + 0.5) / 3)


def test_the_sum_of_states_is_the_score_of_all() -> None:
    rng = np.random.default_rng(0)
    planes = rng.integers(0, 256, (4, 2, 8, 9), np.uint8)
    whole, parts = Scores(), [Scores(), Scores()]
    for number, (mask, truth) in enumerate(planes):
        whole.update(mask, truth)
        parts[number % 2].update(mask, truth)
    assert Scores(parts[0].state + parts[1].state).result() == pytest.approx(whole.result())


@pytest.mark.parametrize(("measure", "chosen"), [("max_f", "averaged"), ("mae", "current")])
def test_the_measure_decides_which_weights_are_better(measure: str, chosen: str) -> None:
    results = {
        "averaged": {"max_f": 0.9, "mae": 0.2, "iou": 0.5},
        "current": {"max_f": 0.8, "mae": 0.1, "iou": 0.5},
    }
    assert better_weights(results, measure) == chosen  # type: ignore[arg-type]
    assert better_weights(results, "iou") == "averaged"  # type: ignore[arg-type]


def test_columns_of_several_sets_bear_their_names_once() -> None:
    assert prefixes(["ECSSD", "HKU-IS", "im", "im"]) == [
        "val", "val_HKU_IS", "val_im_1", "val_im_2",
    ]  # fmt: skip


@pytest.mark.parametrize("measure", ["mae", "iou"])
def test_best_goes_by_the_measure_that_was_chosen(
    measure: str, quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    recipe = replace(quick, val=(str(pairs),), val_every=3, keep_best=1, best=measure)  # type: ignore[arg-type]
    fit([str(pairs)], recipe, folder)
    scores = {
        int(row["step"]): float(row[f"val_{measure}"])
        for row in runs.rows(folder)
        if row["val_mae"]
    }
    choose = min if measure == "mae" else max
    kept = best_of(folder / "checkpoints")
    assert kept is not None
    assert int(kept.name[10:17]) == choose(scores, key=lambda step: scores[step])


def test_each_set_has_scores_and_a_best_of_its_own(
    quick: Recipe, pairs: Path, tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    folder, other = tmp_path / "run", make_pairs(tmp_path / "other-set", seed=5, count=3)
    fit([str(pairs)], replace(quick, val=(str(pairs), str(other)), keep_best=1), folder)
    row = [row for row in runs.rows(folder) if row["val_max_f"]][-1]
    assert 0 < float(row["val_other_set_iou"]) < 1
    kept = [path.name for path in (folder / "checkpoints").glob("best*.ckpt")]
    assert len(kept) == 2
    assert sum(name.startswith("best_other_set-step=") for name in kept) == 1
    assert set(card_for(folder / "checkpoints/last.ckpt").scores) == {
        "set (paper)",
        "other-set (paper)",
    }


def test_a_run_ends_when_its_patience_does_and_stays_ended(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    # What hardly learns changes no mask: no validation is better than the first.
    init = str(tmp_path / "net.safetensors")
    save_checkpoint(U2Net(TINY), init)
    still = replace(quick, init=init, freeze_norm=True, rate=1e-12, ema=0.0,
                    val=(str(pairs),), val_every=2, patience=2)  # fmt: skip
    fit([str(pairs)], still, tmp_path / "run")
    assert runs.state(tmp_path / "run")["global_step"] == 6
    fit([str(pairs)], still, tmp_path / "run", resume=True)
    assert runs.state(tmp_path / "run")["global_step"] == 6


def test_fewer_pictures_than_ranks_are_refused_in_one_line(quick: Recipe, pairs: Path) -> None:
    held = [pairs_source(str(pairs))]
    recipe = replace(quick, val=(str(pairs),), val_pictures=1)
    check_validation(held, recipe, 1)
    with pytest.raises(TrainingError, match="1 validation pictures for 2 ranks"):
        check_validation(held, recipe, 2)


def test_a_share_of_ones_own_set_is_held_out_by_the_seed(quick: Recipe, pairs: Path) -> None:
    recipe = replace(quick, val=("0.25",))
    (training,), (held,) = parts([str(pairs)], recipe)
    assert (len(training.items), len(held.items)) == (6, 2)
    assert not {item.stem for item in training.items} & {item.stem for item in held.items}
    assert held.name == "0.25 of set"
    assert parts([str(pairs)], recipe)[1] == [held]
    others = [parts([str(pairs)], replace(recipe, seed=seed))[1][0].items for seed in range(5)]
    assert any(items != held.items for items in others)


def test_a_run_validates_on_a_share_of_its_own_set(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fit([str(pairs)], replace(quick, val=("0.25",), steps=4), tmp_path / "run")
    assert "trained on too" not in capfd.readouterr().err
    assert runs.rows(tmp_path / "run")[-1]["val_iou"]
    scores = card_for(tmp_path / "run/checkpoints/last.ckpt").scores
    assert set(scores) == {"0.25 of set (paper)"}
