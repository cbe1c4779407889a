"""The record of a run."""

import json
import os
from pathlib import Path

import pytest

from u2net.batch.manifest import manifest
from u2net.batch.outcome import Outcome
from u2net.errors import OutputError

DONE = Outcome(
    source=Path("in/a.jpg"),
    target=Path("out/a.png"),
    status="done",
    size_hw=(60, 90),
    frames=3,
    seconds=0.123456,
)
FAILED = Outcome(source=Path("b"), target=Path("c"), status="failed", error="b: empty")


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_each_outcome_is_a_line_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new/run.jsonl"
    with manifest(path, "refuse") as add:
        add(DONE)
        assert lines(path) == [
            {
                "input": "in/a.jpg",
                "output": "out/a.png",
                "status": "done",
                "width": 90,
                "height": 60,
                "frames": 3,
                "seconds": 0.1235,
                "error": None,
                "remarks": [],
            }
        ]
        add(FAILED)
        assert len(lines(path)) == 2


def test_skipping_goes_on_with_the_file_and_replacing_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"input": "killed"}\n{"inp')
    with manifest(path, "skip") as add:
        add(DONE)
    *_, torn, last = path.read_bytes().splitlines()
    assert torn == b'{"inp'
    assert json.loads(last)["input"] == "in/a.jpg"
    with manifest(path, "replace") as add:
        add(DONE)
    assert len(lines(path)) == 1


def test_any_name_can_be_recorded_and_read_back(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(b"caf\xe9 [red]\n.jpg"))
    with manifest(tmp_path / "run.jsonl", "refuse") as add:
        add(Outcome(source=odd, target=odd, status="skipped"))
    assert lines(tmp_path / "run.jsonl")[0]["input"] == str(odd)


def test_a_manifest_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="manifest"), manifest(tmp_path, "replace"):
        pass
    full = Path("/dev/full")
    if full.exists():
        with pytest.raises(OutputError, match="No space"), manifest(full, "replace") as add:
            add(DONE)
