import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import runs

from u2net.errors import TrainingError
from u2net.export import card_for
from u2net.network import LITE, TINY, RSUSpec, U2Net, U2NetSpec, save_checkpoint
from u2net.training.checks import alone
from u2net.training.recipe import Recipe
from u2net.training.run import fit

OWN = U2NetSpec(
    encoders=(RSUSpec(3, mid=4, out=8), RSUSpec(2, mid=4, out=8)),
    decoders=(RSUSpec(3, mid=4, out=8),),
)


def saved(spec: U2NetSpec, path: Path) -> str:
    save_checkpoint(U2Net(spec), path)
    return str(path)


def test_a_run_folder_says_what_the_run_saw(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    fit([f"{pairs}:0.5"], replace(quick, steps=1, val=(str(pairs),)), tmp_path / "run")
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["network"]["name"] == "tiny"
    (start,) = record["starts"]
    (data,) = start["data"]
    assert (data["place"], data["weight"], data["pictures"]) == (str(pairs), 0.5, 8)
    assert data["pack"].startswith("set-")
    assert start["val"][0]["place"] == str(pairs)
    assert {"u2net", "torch", "lightning", "numpy", "python"} <= start["versions"].keys()
    assert start["machine"]["cores"] >= 1


def test_a_resumed_run_says_what_it_sees_otherwise_and_its_card_names_all_sets(
    quick: Recipe,
    pairs: Path,
    tmp_path: Path,
    make_pairs: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder, other = tmp_path / "run", make_pairs(tmp_path / "other", count=5)
    fit([str(pairs)], replace(quick, steps=3), folder)
    capfd.readouterr()
    fit([str(other)], quick, folder, resume=True)
    assert f"goes on with training data {other}:1 (5 in other-" in capfd.readouterr().err
    assert card_for(folder).training_data == "ground truth of other, set"
    starts = json.loads((folder / "run.json").read_text())["starts"]
    assert [start["step"] for start in starts] == [0, 3]


def test_data_that_taught_nothing_are_not_on_the_card(
    quick: Recipe, pairs: Path, tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    folder, other = tmp_path / "run", make_pairs(tmp_path / "other")
    fit([str(pairs)], replace(quick, steps=3), folder)
    fit([str(other)], replace(quick, steps=3), folder, resume=True)  # no step of these
    fit([str(pairs)], quick, folder, resume=True)
    assert card_for(folder).training_data == "ground truth of set"


def test_the_same_data_again_is_not_told(
    quick: Recipe, pairs: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fit([str(pairs)], replace(quick, steps=3), tmp_path / "run")
    fit([str(pairs)], replace(quick, steps=3), tmp_path / "run", resume=True)
    assert "goes on with" not in capfd.readouterr().err


def test_another_network_than_that_of_init_is_refused(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    init = saved(LITE, tmp_path / "lite.safetensors")
    with pytest.raises(TrainingError, match=r"holds the network lite, and the recipe says full"):
        fit([str(pairs)], replace(quick, network="full", init=init), tmp_path / "run")
    assert not (tmp_path / "run/recipe.json").exists()


@pytest.mark.parametrize(
    ("spec", "recorded", "name"), [(TINY, "tiny", "tiny"), (OWN, "init", "own")]
)
def test_the_network_of_init_is_recorded_as_what_it_is(
    spec: U2NetSpec, recorded: str, name: str, quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder, init = tmp_path / "run", saved(spec, tmp_path / "net.safetensors")
    recipe = replace(quick, network="init", init=init, steps=2)
    fit([str(pairs)], recipe, folder)
    assert json.loads((folder / "recipe.json").read_text())["network"] == recorded
    network = json.loads((folder / "run.json").read_text())["network"]
    assert network["name"] == name
    assert len(network["spec"]["encoders"]) == len(spec.encoders)
    fit([str(pairs)], replace(recipe, steps=4, schedule="constant"), folder, resume=True)
    assert runs.state(folder)["global_step"] == 4


def test_two_runs_do_not_share_a_folder(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    with alone(tmp_path / "run"):
        process = runs.fork(runs.command(pairs, quick, tmp_path / "run"), tmp_path / "said")
        assert process.wait() == 1
    (line,) = process.said().splitlines()
    assert "another process trains in it" in line
    assert not (tmp_path / "run/metrics.csv").exists()
    fit([str(pairs)], replace(quick, steps=1), tmp_path / "run")
