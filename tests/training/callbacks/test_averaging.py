from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import runs
import torch

from u2net.network import TINY, U2Net, load_checkpoint
from u2net.training.callbacks.averaging import decay_at, follow
from u2net.training.callbacks.sheets import maps_of
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def test_the_average_warms_up_and_forgets_the_random_start() -> None:
    mean, weight = torch.zeros(1), torch.zeros(1)
    for step in range(1, 151):  # a weight that moves from 0 to 1 in fifty steps and stays there
        weight = torch.tensor([min(1.0, step / 50)])
        follow([mean], [weight], step, decay=0.998)
    assert mean > 0.98
    assert decay_at(150, 0.998) == 151 / 160
    assert decay_at(10**6, 0.998) == 0.998


def test_statistics_are_averaged_and_counters_copied() -> None:
    mean, counter = torch.tensor([0.0]), torch.tensor(3)
    follow([mean, counter], [torch.tensor([11.0]), torch.tensor(4)], 1, decay=0.9)
    assert mean.item() == pytest.approx(9.0)  # (1 + 1) / (10 + 1) of the old stays
    assert counter.item() == 4


def test_both_kinds_of_weights_are_validated_and_the_better_exported(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    # So slow an average, had it no warm-up, would be the random start all along.
    fit([str(pairs)], replace(quick, val=(str(pairs),), ema=0.999), folder)
    row = [row for row in runs.rows(folder) if row["val_max_f"]][-1]
    scores = {kind: float(row[f"val_{kind}_max_f"]) for kind in ("averaged", "current")}
    assert float(row["val_max_f"]) == max(scores.values())
    state = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    other = "current_model_state" if state["exports"] == "current" else "averaged_model_state"
    assert (other in state) == (state["exports"] == "current")
    if state["exports"] == "current":
        runs.assert_same(state["state_dict"], state["current_model_state"])
    net = load_checkpoint(folder / "checkpoints/last.ckpt")
    runs.assert_same(dict(net.state_dict()), dict(state["state_dict"]))


@pytest.mark.slow
def test_a_run_whose_weights_in_training_are_better_resumes_to_the_same_bits(
    quick: Recipe, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("u2net.training.module.better_weights", lambda *_: "current")
    recipe = replace(quick, val=(str(pairs),), ema=0.9, schedule="constant")
    fit([str(pairs)], recipe, tmp_path / "whole")
    fit([str(pairs)], replace(recipe, steps=8), tmp_path / "cut")
    fit([str(pairs)], recipe, tmp_path / "cut", resume=True)
    whole, cut = runs.state(tmp_path / "whole"), runs.state(tmp_path / "cut")
    runs.assert_same(whole, cut)
    runs.assert_same(whole["state_dict"], whole["current_model_state"])


def test_a_checkpoint_of_an_older_run_goes_on(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    fit([str(pairs)], replace(quick, steps=3), folder)
    file = folder / "checkpoints/last.ckpt"
    old = torch.load(file, weights_only=True)
    del old["exports"]
    torch.save(old, file)
    (folder / "run.json").unlink()
    metrics = folder / "metrics.csv"
    columns = "step,loss,l0,l1,l2,l3,l4,l5,l6,rate,pictures_per_second,skipped,val_mae,val_max_f"
    metrics.write_text(f"{columns}\n2,5,1,1,1,1,,,,0.1,9,0,,\n9,5,1,1,1,1,,,,0.1,9,0,,\n")
    fit([str(pairs)], quick, folder, resume=True)
    assert runs.state(folder)["global_step"] == 12
    assert [row["step"] for row in runs.rows(folder)] == ["2", *map(str, range(4, 13))]


def test_sheets_show_the_weights_that_are_exported_and_leave_them_as_they_were() -> None:
    net = U2Net(TINY).train()
    module = SimpleNamespace(exported=net, seen_by=lambda net, photo: net(photo))
    before = {key: value.clone() for key, value in net.state_dict().items()}
    photo = torch.rand(2, 3, 32, 32)
    shown = maps_of(module, photo)
    assert net.training
    runs.assert_same(before, dict(net.state_dict()))
    with torch.no_grad():
        runs.assert_same(shown, net.eval()(photo))


def test_a_run_writes_its_sheets(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    fit([str(pairs)], replace(quick, sheet_every=6, steps=6), tmp_path / "run")
    assert (tmp_path / "run/sheets/0000006.jpg").stat().st_size > 0
