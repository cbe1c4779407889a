from dataclasses import replace
from pathlib import Path

import pytest
import runs

from u2net.errors import TrainingError
from u2net.training import module as module_under_test
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def test_the_shown_loss_is_what_is_minimised(quick: Recipe, pairs: Path, tmp_path: Path) -> None:
    weights = (1.0, 0.5, 0.25, 0.0)
    fit([str(pairs)], replace(quick, steps=2, map_weights=weights), tmp_path / "run")
    for row in runs.rows(tmp_path / "run"):
        maps = [float(row[f"l{level}"]) for level in range(4)]
        minimised = sum(w * loss for w, loss in zip(weights, maps, strict=True))
        assert float(row["loss"]) == pytest.approx(minimised, rel=1e-5)


def test_a_finite_divergence_is_told_keeps_the_checkpoint_before_and_stops(
    quick: Recipe,
    pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    plain, calls = module_under_test.deep_supervision, []

    def diverging(*arguments: object, **more: object) -> object:
        calls.append(1)
        loss, losses = plain(*arguments, **more)  # type: ignore[arg-type]
        return (loss * 1e6, losses * 1e6) if len(calls) > 4 else (loss, losses)

    monkeypatch.setattr(module_under_test, "deep_supervision", diverging)
    with pytest.raises(TrainingError, match="diverged for 4 steps"):
        fit([str(pairs)], replace(quick, max_diverged=4), tmp_path / "run")
    assert "step 5: diverges" in capfd.readouterr().err
    assert len(calls) == 8
    assert runs.state(tmp_path / "run")["global_step"] == 3
