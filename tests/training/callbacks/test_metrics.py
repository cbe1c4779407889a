import os
from dataclasses import replace
from pathlib import Path

import pytest
import runs
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from u2net.errors import OutputError
from u2net.training.callbacks import metrics
from u2net.training.callbacks.metrics import CsvLog, loggers, read
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def test_every_figure_has_its_column_whatever_comes_later(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / "metrics.csv")
    log.cut(0)
    log.log_metrics({"loss": 1.0, **{f"l{level}": 0.5 for level in range(9)}}, 1)
    log.log_metrics({"val_max_f": 0.9, "val_ECSSD_mae": 0.1}, 1)
    log.log_metrics({"loss": 2.0, "l8": 0.25}, 2)
    first, second, third = read(tmp_path / "metrics.csv")
    assert first["l8"] == "0.5"
    assert first["val_ECSSD_mae"] == ""
    assert second["val_ECSSD_mae"] == "0.1"
    assert (third["step"], third["l8"], third["l7"]) == ("2", "0.25", "")


def test_a_cut_that_is_interrupted_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "metrics.csv"
    log = CsvLog(file)
    for step in range(5):
        log.log_metrics({"loss": 1.0}, step)
    before = file.read_bytes()

    def dies(*_: object) -> None:
        raise OSError(5, "interrupted")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", dies)
        with pytest.raises(OutputError):
            CsvLog(file).cut(3)
    assert file.read_bytes() == before
    CsvLog(file).cut(3)
    assert [row["step"] for row in read(file)] == ["0", "1", "2", "3"]


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "metrics.csv"
    file.write_text("step,loss,l0\n1,0.5,0.5\n2,0.")
    log = CsvLog(file)
    log.cut(5)
    log.log_metrics({"loss": 0.25, "l0": 0.25}, 2)
    assert [(row["step"], row["loss"]) for row in read(file)] == [("1", "0.5"), ("2", "0.25")]


def test_tensorboard_shows_after_a_resume_what_metrics_csv_shows(
    quick: Recipe, pairs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    # The first start logs steps after its last checkpoint, which the second does again.
    fit([str(pairs)], replace(quick, steps=8, checkpoint_every=100), folder)
    fit([str(pairs)], replace(quick, schedule="constant", checkpoint_every=6), folder, resume=True)
    events = EventAccumulator(str(folder / "tensorboard"), purge_orphaned_data=True).Reload()
    shown = {event.step: event.value for event in events.Scalars("loss")}
    written = {int(row["step"]): float(row["loss"]) for row in runs.rows(folder)}
    assert shown == pytest.approx(written)


def test_without_tensorboard_metrics_csv_is_the_record(
    quick: Recipe,
    pairs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(metrics, "find_spec", lambda name: None)
    assert len(loggers(tmp_path)) == 1
    fit([str(pairs)], replace(quick, steps=2), tmp_path / "run")
    assert not (tmp_path / "run/tensorboard").exists()
    assert "tensorboard" not in capfd.readouterr().err.lower()
    assert len(runs.rows(tmp_path / "run")) == 2
