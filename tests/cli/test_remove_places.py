"""`u2net remove` of addresses, by the local line."""

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from calls import Call
from made_pictures import decoded, encoded, photo
from made_store import forget_places, needed, store
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


@pytest.mark.parametrize(
    ("error", "lines", "told"),
    [
        (OSError("connection refused"), 51, "stopped: 50 pictures in a row could not be reached"),
        (FileNotFoundError("gone"), 501, "0 done, 0 skipped, 500 failed"),
        (PermissionError("Forbidden"), 501, "0 done, 0 skipped, 500 failed"),
    ],
)
def test_when_nothing_can_be_reached_the_run_ends_early_and_not_where_pictures_are_gone(
    remove: Call,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    lines: int,
    told: str,
) -> None:
    def fetch(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(type(place.system), "cat_file", fetch)
    monkeypatch.setattr(type(place.system), "size", fetch)
    (tmp_path / "l.txt").write_text("".join(f"{n}.png\n" for n in range(500)), encoding="utf-8")
    done = remove(f"{place.address}/in", "--list", tmp_path / "l.txt", "-o", tmp_path / "out")
    assert done.status == 1
    assert len(done.err.splitlines()) == lines
    assert told in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    "output", ["{0}/x/../in/out", "file://{0}/in/out", "{0}/alias/out", "local://{0}/in"]
)
def test_an_output_among_the_inputs_is_found_by_any_name(
    remove: Call, tmp_path: Path, output: str
) -> None:
    needed("fsspec")
    (tmp_path / "in").mkdir()
    (tmp_path / "alias").symlink_to("in")
    (tmp_path / "in/a.png").write_bytes(encoded(photo(20, 30)))
    done = remove(f"file://{tmp_path}/in", "-o", output.format(tmp_path))
    assert "one lies in the other" in done.err
    assert [path.name for path in tmp_path.rglob("*.png")] == ["a.png"]


def test_a_folder_that_may_not_be_looked_into_fails_by_itself(
    remove: Call, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = place.system.ls

    def ls(path: str, *arguments: object, **options: object) -> object:
        if path.endswith("/sub"):
            raise PermissionError(13, "Permission denied")
        return listed(path, *arguments, **options)

    monkeypatch.setattr(type(place.system), "ls", staticmethod(ls))
    done = remove(f"{place.address}/in", "-o", tmp_path / "out")
    assert done.status == 1
    assert done.err.splitlines() == [
        f"u2net: {place.address}/in/sub/: a folder that may not be looked into; have the right to "
        "it granted",
        "u2net: 1 done, 0 skipped, 1 failed, 1 left out (no picture)",
    ]


def test_films_in_a_folder_are_counted_as_such(remove: Call, place: Place, tmp_path: Path) -> None:
    why = "film, which must be a file of this machine"
    place.write("in/sub/a.mp4", b"", replace=True)
    done = remove(f"{place.address}/in", "-o", tmp_path / "out")
    summary = f"u2net: 2 done, 0 skipped, 1 failed, 1 left out (no picture), 1 left out ({why})"
    assert done.err.splitlines()[-1] == summary
    place.write("films/b.webm", b"", replace=True)
    done = remove(f"{place.address}/films", "-o", tmp_path / "other")
    told = f"u2net: {place.address}/films: no pictures there, 1 other files (1 {why})\n"
    assert (done.status, done.err) == (1, told)


def test_a_store_that_goes_away_in_the_middle_ends_the_run_and_leaves_whole_files(
    remove: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("fsspec", "s3fs", "moto", "flask", "flask_cors")
    fetched = Place.read
    with ExitStack() as there:
        for name, value in there.enter_context(store()).items():
            monkeypatch.setenv(name, value)
        place = place_at(Address("s3://bucket/in"))
        for n in range(100):
            place.write(f"{n:03}.png", encoded(photo(20, 30)), replace=True)

        def read(place: Place, name: str, *limits: Any) -> Any:
            if name == "005.png":
                there.close()
            return fetched(place, name, *limits)

        monkeypatch.setattr(Place, "read", read)
        done = remove("s3://bucket/in", "-o", tmp_path / "out", "--jobs", "1")
    assert done.status == 1
    *failures, last = done.err.splitlines()
    assert len(failures) == 50
    assert all(": cannot be reached (" in line for line in failures)
    assert last.startswith("u2net: stopped: 50 pictures in a row could not be reached")
    made = sorted(path.name for path in (tmp_path / "out").rglob("*"))
    assert made == [f"{n:03}.png" for n in range(5)]
    assert all(
        decoded((tmp_path / "out" / name).read_bytes()).shape == (20, 30, 4) for name in made
    )


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (("AKIANOBODYSKEY12345", "nobodyssecret99"), "wrong or no credentials ("),
        (None, "no right to do this ("),
    ],
)
def test_keys_that_are_wrong_or_open_nothing_are_one_line_without_them(
    remove: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: tuple[str, str] | None,
    told: str,
) -> None:
    needed("fsspec", "s3fs", "moto", "flask", "flask_cors", "boto3")
    import boto3

    with store() as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        if keys is None:  # those of a user who exists, and was granted nothing
            iam = boto3.client("iam", endpoint_url=settings["AWS_ENDPOINT_URL"])
            iam.create_user(UserName="nobody")
            made = iam.create_access_key(UserName="nobody")["AccessKey"]
            keys = made["AccessKeyId"], made["SecretAccessKey"]
        strict = f"{settings['AWS_ENDPOINT_URL']}/moto-api/reset-auth"
        urlopen(Request(strict, b"0", {"Content-Type": "text/plain"})).close()
        for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), keys, strict=True):
            monkeypatch.setenv(name, value)
        forget_places()
        for places in (
            ("s3://bucket/in", "-o", str(tmp_path / "out")),
            (str(tmp_path / "in"), "-o", "s3://bucket/out"),
        ):
            done = remove(*places)
            assert done.status == 1
            (line,) = done.err.splitlines()
            assert told in line
            assert keys[1] not in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--manifest", "--model", "--background"])
def test_an_address_where_a_file_must_be_is_refused_without_its_password(
    remove: Call, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = remove(f"{place.address}/in", "-o", "out", option, "s3://me:password@bucket/x.jsonl")
    assert (done.status, "password" in done.err) == (2, False)
    assert f"{option} s3://***@bucket/x.jsonl: give a file of this machine" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options", [("--format", "webm"), ("--format", "mp4", "--mask"), ("--mask", "--format", "apng")]
)
def test_formats_of_films_are_refused(
    remove: Call, place: Place, tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = remove(f"{place.address}/in", "-o", tmp_path / "out", *options)
    assert (done.status, "is of films" in done.err) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("given", "output"), [("film.mp4", "out"), ("in/a.png", "out.webm")])
def test_a_film_at_an_address_is_refused(
    remove: Call, place: Place, given: str, output: str
) -> None:
    done = remove(f"{place.address}/{given}", "-o", f"{place.address}/{output}")
    assert (done.status, ": a film; " in done.err) == (2, True)


def test_lists_that_are_none_are_said_to_be_that(
    remove: Call, place: Place, tmp_path: Path
) -> None:
    needed("pyarrow")
    arguments = (f"{place.address}/in", "-o", tmp_path / "out", "--list")
    (tmp_path / "day.parquet").write_bytes(b"text")
    corrupt = remove(*arguments, f"{tmp_path / 'day.parquet'}:name")
    assert f"{tmp_path / 'day.parquet'}: is no table in Parquet (" in corrupt.err
    assert remove(*arguments, tmp_path).err == f"u2net: {tmp_path}: is a folder; name a file\n"
    (tmp_path / "bom.txt").write_text("a.png\r\n", encoding="utf-8-sig", newline="")
    assert remove(*arguments, tmp_path / "bom.txt").status == 0
