"""A run over files, called from Python."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_pictures import decoded, encoded, photo
from u2net.batch.plan import Naming, make_plan
from u2net.batch.run import run
from u2net.cutout import Picture
from u2net.pictures.metadata import Metadata
from u2net.pictures.source import photo_of


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for n, name in enumerate("abc"):
        (folder / f"{name}.png").write_bytes(encoded(photo(20 + n, 30)))
    return folder


def negative(path: Path) -> Picture:
    return Picture(pixels=255 - photo_of(path).rgb)


def test_each_input_becomes_an_outcome_that_is_in_the_manifest_already(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "b.png").write_bytes(b"text")
    naming = Naming(kind="png", label="negative", folder=tmp_path / "out")
    record = tmp_path / "run.jsonl"
    plan = make_plan([photos, tmp_path / "gone"], naming, manifest=record)
    seen = []
    for outcome in run(plan, negative, jobs=2):
        seen.append(outcome.status)
        assert json.loads(record.read_text().splitlines()[-1])["input"] == str(outcome.source)
    assert seen == ["done", "failed", "done", "failed"]
    pixels = decoded((tmp_path / "out/a.png").read_bytes())
    assert (pixels == 255 - decoded((photos / "a.png").read_bytes())).all()


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("of\nits own"), KeyError(3)])
def test_whatever_one_file_fails_by_is_told_by_name_and_the_rest_is_done(
    photos: Path, error: Exception
) -> None:
    def make(path: Path) -> Picture:
        if path.name == "b.png":
            raise error
        return Picture(pixels=np.zeros((2, 3), np.uint8))

    plan = make_plan([photos / "a.png", photos / "b.png", photos / "c.png"], NAMING)
    first, failed, last = run(plan, make, jobs=1)
    assert (first.status, last.status) == ("done", "done")
    assert failed.error is not None
    assert failed.error.startswith(f"{photos / 'b.png'}: ")
    assert type(error).__name__ in failed.error
    assert "\n" not in failed.error


NAMING = Naming(kind="png", label="negative")


def test_what_is_written_can_go_elsewhere(photos: Path) -> None:
    taken: dict[Path, bytes] = {}
    plan = make_plan([photos / "a.png"], NAMING)
    (outcome,) = run(plan, negative, jobs=1, write=taken.__setitem__)
    assert list(taken) == [outcome.target] == [photos / "a-negative.png"]
    assert not (photos / "a-negative.png").exists()


@pytest.mark.parametrize(("kind", "remarks"), [("png", 1), ("webp", 1), ("jpg", 0), ("tiff", 0)])
def test_iptc_that_a_format_has_no_place_for_is_told_of(
    photos: Path, kind: str, remarks: int
) -> None:
    plan = make_plan([photos / "a.png"], Naming(kind=kind, label="cutout"))
    kept = Metadata(iptc=b"\x1c\x02\x50\x00\x03Ada")
    (outcome,) = run(plan, lambda path: replace(negative(path), metadata=kept), jobs=1)
    assert (outcome.status, len(outcome.remarks)) == ("done", remarks)
    assert all("IPTC is not kept" in remark for remark in outcome.remarks)


def test_a_run_that_is_left_early_has_told_all_that_it_did(photos: Path, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    plan = make_plan([photos], Naming(kind="png", label="", folder=tmp_path / "o"), manifest=record)
    outcomes = run(plan, negative, jobs=1)
    next(outcomes)
    outcomes.close()
    assert len(record.read_text().splitlines()) == 1
