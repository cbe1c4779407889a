"""`u2net remove` of addresses, by the local line."""

import json
import os
from pathlib import Path
from uuid import uuid4

import pytest

from calls import Call
from made_pictures import decoded, encoded, photo
from made_store import needed
from u2net.places.address import Address
from u2net.places.place import Place, place_at


@pytest.fixture
def place() -> Place:
    needed("fsspec")
    place = place_at(Address(f"memory://{uuid4().hex}"))
    for name in ("in/a.png", "in/sub/b.png"):
        place.write(name, encoded(photo(20, 30)), replace=True)
    place.write("in/sub/bad.jpg", b"text", replace=True)
    place.write("in/notes.txt", b"text", replace=True)
    return place


def test_a_folder_at_an_address_is_done_and_its_layout_kept(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    record = tmp_path / "run.jsonl"
    at = place.address
    done = remove(at.text + "/in", "-o", at.text + "/out", "--manifest", record)
    assert (done.status, done.out) == (1, "")
    failure, summary = done.err.splitlines()
    assert failure.startswith(f"u2net: {at}/in/sub/bad.jpg: ")
    assert summary == "u2net: 2 done, 0 skipped, 1 failed, 1 left out (no picture)"
    assert [name for name in place.names() if name.startswith("out/")] == [
        "out/a.png",
        "out/sub/b.png",
    ]
    assert decoded(place.read("out/a.png").read()).shape == (20, 30, 4)
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["status"] for line in lines] == ["done", "done", "failed"]
    assert lines[1]["output"] == f"{at}/out/sub/b.png"


def test_what_is_there_is_refused_skipped_or_replaced(remove: Call, place: Place) -> None:
    at = place.address
    place.write("out/a.png", b"old", replace=True)
    arguments = (f"{at}/in", "-o", f"{at}/out")
    refused = remove(*arguments)
    assert refused.err == f"u2net: {at}/out/a.png: exists; give --skip-existing or --overwrite\n"
    assert "1 done, 1 skipped, 1 failed" in remove(*arguments, "--skip-existing").err
    assert place.read("out/a.png").read() == b"old"
    assert "2 done, 0 skipped, 1 failed" in remove(*arguments, "--overwrite").err
    assert place.read("out/a.png").read() != b"old"


def test_one_picture_goes_beside_it_or_where_it_is_said(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    at = place.address
    assert remove(f"{at}/in/a.png") == (0, "", "")
    assert place.has("in/a-cutout.png")
    assert remove(f"{at}/in/a.png", "-o", tmp_path / "a.webp").status == 0
    assert (tmp_path / "a.webp").read_bytes()[8:12] == b"WEBP"
    same = remove(f"{at}/in/a.png", "-o", f"{at}/in/a.png", "--overwrite")
    assert (same.status, same.err) == (1, f"u2net: {at}/in/a.png: is an input; choose another\n")


def test_a_local_folder_goes_to_an_address_and_back(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    at, odd = place.address, os.fsdecode(b"\xff.png")
    (tmp_path / "in").mkdir()
    for name in ("a.png", odd):
        (tmp_path / "in" / name).write_bytes(encoded(photo(20, 30)))
    done = remove(tmp_path / "in", "-o", f"{at}/results")
    assert done.err.splitlines() == [
        rf"u2net: {at}/results/\udcff.png: the name is no UTF-8, which this place needs; rename it",
        "u2net: 1 done, 0 skipped, 1 failed",
    ]
    assert remove(f"{at}/in", "-o", tmp_path / "out").status == 1
    assert (tmp_path / "out/sub/b.png").exists()


def test_a_list_says_which_pictures_are_done(remove: Call, place: Place, tmp_path: Path) -> None:
    at = place.address
    (tmp_path / "l.csv").write_text(f"n,at\n1,{at}/in/sub/b.png\n2,gone.png\n", encoding="utf-8")
    done = remove(f"{at}/in", "--list", f"{tmp_path / 'l.csv'}:at", "-o", tmp_path / "out")
    assert done.err.splitlines() == [
        f"u2net: {at}/in/gone.png: not there; check the name, of the bucket too",
        "u2net: 1 done, 0 skipped, 1 failed",
    ]
    assert (tmp_path / "out/sub/b.png").exists()


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("in", "is the same, or one lies in the other"),
        ("in/out", "is the same, or one lies in the other"),
        ("out.png", "names one file"),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    remove: Call, place: Place, output: str, told: str
) -> None:
    before = list(place.names())
    done = remove(f"{place.address}/in", "-o", f"{place.address}/{output}")
    assert done.status in (1, 2)
    assert told in done.err
    assert list(place.names()) == before


def test_a_name_that_leads_out_of_the_output_is_a_failure(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "l.txt").write_text("../in/a.png\n", encoding="utf-8")
    done = remove(f"{place.address}/in", "--list", tmp_path / "l.txt", "-o", tmp_path / "out/deep")
    assert done.status == 1
    assert "no file below a folder can be called so" in done.err
    assert not (tmp_path / "out").exists()


def test_an_address_without_pictures_is_an_error(remove: Call, place: Place) -> None:
    done = remove(f"{place.address}/nothing", "-o", f"{place.address}/out")
    assert (done.status, done.err) == (
        1,
        f"u2net: {place.address}/nothing: no pictures there, 0 other files\n",
    )


def test_when_nothing_can_be_reached_the_run_ends_early(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    (tmp_path / "l.txt").write_text("".join(f"{n}.png\n" for n in range(500)), encoding="utf-8")
    done = remove(f"{place.address}/in", "--list", tmp_path / "l.txt", "-o", tmp_path / "out")
    assert done.status == 1
    assert len(done.err.splitlines()) == 51
    assert "stopped: 50 pictures in a row could not be reached" in done.err
