"""`u2net evaluate` of class maps."""

import json
from csv import DictReader
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from u2net.cli.evaluate import command
from u2net.errors import EvaluationError


def save(folder: Path, stem: str, pixels: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / f"{stem}.png")


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Maps and truths of two pictures: halves, a column amiss; two pixels count for nothing."""
    for stem in ("a", "b"):
        truth = np.zeros((4, 6), np.uint8)
        truth[:, 3:] = 1
        found = np.zeros((4, 6), np.uint8)
        found[:, 2:] = 1
        truth[0, :2] = 255
        save(tmp_path / "gt", stem, truth)
        save(tmp_path / "maps", stem, found)
    return tmp_path / "maps", tmp_path / "gt"


def evaluate(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, words)], standalone_mode=False)


def test_class_maps_are_scored_by_class(places: tuple[Path, Path]) -> None:
    maps, truth = places
    result = evaluate("--pred", maps, "--gt", truth, "--classes", "left,right,none", "--json")
    assert result.return_value == 0
    found = json.loads(result.stdout)
    assert (found["images"], found["task"]) == (2, "multiclass")
    assert found["classes"]["left"]["iou"] == pytest.approx(6 / 10)
    assert found["classes"]["right"] == pytest.approx({"iou": 12 / 16, "dice": 24 / 28})
    assert set(found["classes"]) == {"left", "right"}
    assert found["metrics"]["iou"] == pytest.approx((6 / 10 + 12 / 16) / 2)
    shown = evaluate("--pred", maps, "--gt", truth, "--classes", "left,right")
    assert "0.6750" in shown.stdout


def test_a_folder_of_masks_a_class_is_scored_too(tmp_path: Path) -> None:
    for folder, level in (("gt", 255), ("maps", 200)):
        save(tmp_path / folder / "cat", "a", np.full((4, 6), level, np.uint8))
    save(tmp_path / "gt/dog", "a", np.eye(4, 6, dtype=np.uint8) * np.uint8(255))
    save(tmp_path / "maps/dog", "b", np.zeros((4, 6), np.uint8))
    words = ["--task", "multilabel", "--classes", "cat,dog", "--json"]
    result = evaluate("--pred", tmp_path / "maps", "--gt", tmp_path / "gt", *words)
    found = json.loads(result.stdout)
    assert found["classes"] == {"cat": {"iou": 1.0, "dice": 1.0}, "dog": {"iou": 0.0, "dice": 0.0}}


def test_what_cannot_be_scored_is_named_and_the_rest_is(
    places: tuple[Path, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    maps, truth = places
    save(maps, "a", np.full((4, 6), 9, np.uint8))
    result = evaluate("--pred", maps, "--gt", truth, "--classes", "left,right", "--json")
    assert result.return_value == 1
    assert json.loads(result.stdout)["images"] == 1
    assert "a.png: holds class 9" in json.loads(result.stdout)["failures"][0]["reason"]
    save(maps, "b", np.zeros((9, 9), np.uint8))
    result = evaluate("--pred", maps, "--gt", truth, "--classes", "left,right")
    assert isinstance(result.exception, EvaluationError)


def test_figures_by_class_are_written_as_papers_and_spreadsheets_take_them(
    places: tuple[Path, Path], tmp_path: Path
) -> None:
    maps, truth = places
    save(truth, "c", np.ones((4, 6), np.uint8))
    csv, markdown, latex = (tmp_path / f"x.{suffix}" for suffix in ("csv", "md", "tex"))
    words = ["--classes", "left,right,none", "--csv", csv, "--markdown", markdown, "--latex", latex]
    assert evaluate("--pred", maps, "--gt", truth, *words).return_value == 1
    a, b, c = DictReader(csv.read_text().splitlines())
    assert (a["stem"], a["task"], float(a["iou left"])) == ("a", "multiclass", 6 / 10)
    assert (a["iou none"], a["failure"], c["iou"]) == ("", "", "")
    assert float(b["dice right"]) == 24 / 28
    assert "no map c" in c["failure"]
    assert "| maps | gt | 2 | 0.6750 | 0.8036 | 0.6000 | 0.7500 | – |" in markdown.read_text()
    assert r"maps & gt & 2 & 0.6750 & 0.8036 & 0.6000 & 0.7500 & -- \\" in latex.read_text()


def test_what_is_not_for_classes_is_refused(places: tuple[Path, Path], tmp_path: Path) -> None:
    maps, truth = places
    words = ["--pred", maps, "--gt", truth, "--classes", "a,b"]
    result = evaluate(*words, "--report", tmp_path / "x.html")
    assert "of classes there are" in str(result.exception)
    for option, value in (("--threshold", "0.3"), ("--protocol", "pysodmetrics"), ("--jobs", "2")):
        assert f"leave out {option}" in str(evaluate(*words, option, value).exception)
    result = evaluate("--model", "lite", "--data", tmp_path, "--classes", "a,b")
    assert "same classes" in str(result.exception)
