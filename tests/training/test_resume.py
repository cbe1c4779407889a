import signal
from dataclasses import replace
from pathlib import Path

import pytest
import runs
from builders import die_writing

from u2net.errors import TrainingError
from u2net.training.recipe import Recipe
from u2net.training.run import fit


@pytest.fixture
def validated(quick: Recipe, pairs: Path) -> Recipe:
    """With validation, accumulation, clipping and averaged weights: all that has a state."""
    return replace(
        quick,
        val=(str(pairs),),
        accumulate=2,
        clip=1.0,
        warmup=2,
        ema=0.8,
        loss={"bce": 1.0, "iou": 1.0, "ssim": 1.0},
    )


@pytest.mark.slow
def test_a_run_killed_while_it_writes_ends_as_if_it_had_not_been(
    validated: Recipe, pairs: Path, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fit([str(pairs)], validated, whole)
    process = runs.fork(runs.command(pairs, validated, cut), tmp_path / "said", die_writing)
    assert process.wait() == -signal.SIGKILL
    assert runs.state(cut)["global_step"] < validated.steps
    fit([str(pairs)], validated, cut, resume=True)
    runs.assert_same(runs.state(whole), runs.state(cut))
    assert runs.rows(whole) == runs.rows(cut)
    best = sorted(path.name for path in (whole / "checkpoints").iterdir())
    assert best == sorted(path.name for path in (cut / "checkpoints").glob("*.ckpt"))


@pytest.mark.slow
def test_a_run_killed_at_any_instant_ends_as_if_it_had_not_been(
    validated: Recipe, pairs: Path, tmp_path: Path
) -> None:
    recipe = replace(validated, workers=1, steps=20)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    fit([str(pairs)], replace(recipe, workers=0), whole)
    process = runs.fork(runs.command(pairs, recipe, cut), tmp_path / "said")
    runs.wait_for_step(cut, 5, process)
    process.process.kill()
    process.wait()
    assert runs.state(cut)["global_step"] < recipe.steps
    fit([str(pairs)], recipe, cut, resume=True)
    runs.assert_same(runs.state(whole), runs.state(cut))
    assert runs.rows(whole) == runs.rows(cut)


def test_a_finished_run_resumes_to_itself(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    fit([str(pairs)], quick, tmp_path / "run")
    before, rows = runs.state(tmp_path / "run"), runs.rows(tmp_path / "run")
    fit([str(pairs)], quick, tmp_path / "run", resume=True)
    runs.assert_same(before, runs.state(tmp_path / "run"))
    assert rows == runs.rows(tmp_path / "run")


def test_a_folder_with_a_run_is_not_overwritten_unasked(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    fit([str(pairs)], replace(quick, steps=1), tmp_path / "run")
    with pytest.raises(TrainingError, match="--resume"):
        fit([str(pairs)], quick, tmp_path / "run")
