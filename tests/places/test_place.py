"""Folders of this machine, of memory, and of a store."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from made_store import SECRET, needed, store
from u2net.errors import (
    ExtraMissingError,
    ImageTooLargeError,
    OutputError,
    OutputExistsError,
    PlaceError,
)
from u2net.pictures.limits import Limits
from u2net.places.address import Address
from u2net.places.drivers import file_system, packages_in
from u2net.places.place import Place, check_names, place_at
from u2net.places.trouble import reached

NAMES = ["a/b.jpg", "a-1.jpg", "a.jpg", "c/d/e.jpg", ".hidden.jpg", "c/.u2net/x", "ä.jpg", "z"]
LISTED = ["a-1.jpg", "a.jpg", "a/b.jpg", "c/d/e.jpg", "z", "ä.jpg"]


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    needed("fsspec", "s3fs", "moto", "flask", "flask_cors")
    with store() as settings, pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(params=["file", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    needed("fsspec")
    if request.param == "s3":
        request.getfixturevalue("s3")
    roots = {"file": tmp_path, "memory": "m", "s3": "bucket"}
    return place_at(Address(f"{request.param}://{roots[request.param]}/{uuid4().hex}"))


def test_names_are_listed_in_order_whatever_folders_they_are_in(place: Place) -> None:
    assert list(place.names()) == []
    for name in NAMES:
        place.write(name, b"x", replace=False)
    assert list(place.names()) == LISTED
    assert list(place.names(after="a.jpg")) == LISTED[2:]


def test_what_is_written_is_read_whole_and_kept_unless_it_may_be_replaced(place: Place) -> None:
    place.write("a/b.jpg", b"one", replace=False)
    with pytest.raises(OutputExistsError, match=r"b\.jpg: exists"):
        place.write("a/b.jpg", b"two", replace=False)
    assert place.read("a/b.jpg").read() == b"one"
    place.write("a/b.jpg", b"three", replace=True)
    read = place.read("a/b.jpg")
    assert (read.read(), read.name) == (b"three", str(place.address / "a/b.jpg"))
    assert list(place.names()) == ["a/b.jpg"]
    place.delete("a/b.jpg")
    place.delete("a/b.jpg")
    assert not place.has("a/b.jpg")


def test_no_more_is_fetched_of_a_file_than_the_limit(place: Place) -> None:
    place.write("large", bytes(100), replace=False)
    place.write("empty", b"", replace=False)
    with pytest.raises(ImageTooLargeError):
        place.read("large", Limits(file_bytes=99))
    assert place.read("empty").read() == b""


def test_a_listing_of_many_pages_is_whole(s3: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("u2net.places.listing._PAGE", 5)
    place = place_at(Address(f"s3://bucket/{uuid4().hex}"))
    names = [f"{n:05}.jpg" for n in range(13)]
    for name in names:
        place.write(name, b"", replace=True)
    assert list(place.names()) == names


class GoogleStore:
    """Google's store as its driver shows it: keys in order, from one on, some at a time."""

    protocol = ("gs", "gcs")

    def __init__(self, keys: list[str]) -> None:
        self.keys, self.given = sorted(keys), 0

    def call(self, method: str, path: str, bucket: str, **asked: Any) -> dict[str, Any]:
        assert (method, path, bucket, asked["json_out"]) == ("GET", "b/{}/o", "bucket", True)
        prefix, start = asked["prefix"] or "", asked["startOffset"] or ""
        keys = [key for key in self.keys if key.startswith(prefix) and key >= start]
        at = int(asked["pageToken"] or 0)
        page = keys[at : at + asked["maxResults"]]
        self.given += len(page)
        more = {"nextPageToken": str(at + len(page))} if at + len(page) < len(keys) else {}
        return {"items": [{"name": key} for key in page]} | more if page else {}


@pytest.mark.parametrize("root", ["bucket/in", "bucket"])
def test_a_folder_of_googles_store_is_listed_a_page_at_a_time(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("u2net.places.listing._PAGE", 3)
    store = GoogleStore([f"{root[7:]}/{name}".lstrip("/") for name in (*NAMES, "c/")])
    place = Place(Address(f"gs://{root}"), store, root)  # type: ignore[arg-type]
    names = place.names()
    assert (next(names), store.given) == (LISTED[0], 3)
    assert [LISTED[0], *names] == LISTED
    assert list(place.names(after="a.jpg")) == LISTED[2:]
    assert list(Place(place.address / "no", store, "bucket/no").names()) == []  # type: ignore[arg-type]


def test_bad_places_of_a_store_are_one_line_without_secrets(
    s3: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3fs import S3FileSystem

    with pytest.raises(PlaceError, match="s3://nowhere/x: not there"):
        list(place_at(Address("s3://nowhere/x")).names())
    with pytest.raises(PlaceError, match="the name is no UTF-8"):
        place_at(Address("s3://bucket")).write("\udcff.jpg", b"", replace=True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    S3FileSystem.clear_instance_cache()  # fsspec would take the one that has credentials
    without = Place(Address("s3://bucket"), *file_system(Address("s3://bucket")))
    with pytest.raises(PlaceError, match="wrong or no credentials") as caught:
        list(without.names())
    assert SECRET not in str(caught.value)
    S3FileSystem.clear_instance_cache()


def test_a_store_that_goes_away_and_one_that_gives_no_right_are_one_line_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed("fsspec", "s3fs", "moto", "flask", "flask_cors")
    with store() as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        place = place_at(Address("s3://bucket/going"))
        place.write("a.jpg", b"x", replace=True)
    with pytest.raises(PlaceError, match=r"s3://bucket/going/a\.jpg: cannot be reached"):
        place.read("a.jpg")
    with pytest.raises(PlaceError, match="no right to do this"), reached(place.address):
        raise PermissionError("Access Denied")


class RefusedError(Exception):
    """As drivers over HTTP raise it: with the number of the answer."""

    def __init__(self, status: int) -> None:
        super().__init__("the server refused")
        self.status = status


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError('no connection to "http://127.0.0.1:51401/a.jpg"'), "cannot be reached"),
        (OSError("photo-404.jpg: time out"), "cannot be reached"),
        (OSError("1403 bytes of 4031 came"), "cannot be reached"),
        (OSError("An error occurred (403) when calling HeadObject"), "no right"),
        (RefusedError(401), "credentials"),
        (RefusedError(403), "no right"),
        (RefusedError(404), "not there"),
        (RefusedError(503), "cannot be reached"),
        (type("ProfileNotFound", (Exception,), {})("config profile (x)"), "no credentials"),
    ],
)
def test_numbers_in_names_and_ports_are_no_answers_of_a_server(error: Exception, says: str) -> None:
    with pytest.raises(PlaceError, match=says), reached(Address("s3://bucket")):
        raise error


def test_a_missing_driver_names_its_package_and_a_missing_fsspec_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed("fsspec")
    with pytest.raises(PlaceError, match="no driver reads foo://"):
        file_system(Address("foo://x"))
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(PlaceError, match=r"^gs:// needs .* pip install gcsfs$"):
        file_system(Address("gs://bucket"))
    monkeypatch.setattr("u2net.errors.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match="s3:// needs the extra 'cluster'"):
        file_system(Address("s3://bucket"))


@pytest.mark.parametrize(
    ("scheme", "packages"),
    [
        ("sftp", "paramiko"),
        ("smb", "smbprotocol"),
        ("https", "requests aiohttp"),
        ("github", "requests"),
        ("s3", "s3fs"),
    ],
)
def test_a_driver_is_known_by_what_its_package_is_called(scheme: str, packages: str) -> None:
    needed("fsspec")
    from fsspec.registry import known_implementations

    assert packages_in(known_implementations[scheme]["err"]) == packages


@pytest.mark.parametrize("name", ["../a", "a/../b", "./a", "a//b", "/a", "a\0"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(OutputError):
        check_names(name)


def test_a_link_to_a_folder_is_not_entered(tmp_path: Path) -> None:
    needed("fsspec")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/loop").symlink_to(tmp_path)
    (tmp_path / os.fsdecode(b"in/\xff.jpg")).touch()
    assert list(place_at(Address.of(str(tmp_path / "in"))).names()) == ["\udcff.jpg"]
