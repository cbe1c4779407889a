"""`POST /v1/remove`: what comes back is what the command line writes."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from made_pictures import decoded, encoded
from serving import EXAMPLES
from u2net.cli import main
from u2net.remover import Remover

CAT = (EXAMPLES / "cat.jpg").read_bytes()
PROBLEM = "application/problem+json"


def written(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> bytes:
    """What `u2net remove cat.jpg` writes, with the service's network."""
    target, cat = folder / "out.png", EXAMPLES / "cat.jpg"
    command = ["u2net", "remove", "-m", "swift", str(cat), "-o", str(target), "-q", *arguments]
    monkeypatch.setattr("sys.argv", command)
    assert main() == 0
    return target.read_bytes()


def png_of(width: int, height: int, data: bytes) -> bytes:
    """A grey PNG whose header says so, with `data` for pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_ = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum_)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("form", "arguments"),
    [
        ({}, []),
        ({"mask": "true"}, ["--mask"]),
        ({"edges": "off"}, ["--edges", "off"]),
        ({"edges": "matting"}, ["--edges", "matting"]),
        ({"background": "#abc"}, ["--background", "#abc"]),
        ({"background": "blur"}, ["--background", "blur"]),
    ],
)
def test_the_answer_is_what_the_command_line_writes(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    form: dict[str, str],
    arguments: list[str],
) -> None:
    answer = client.post("/v1/remove", files={"image": CAT}, data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["x-object-found"] == "true"
    assert answer.content == written(monkeypatch, tmp_path, *arguments)


def test_matting_that_is_not_installed_is_a_problem(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("u2net.errors.find_spec", lambda name: None)
    answer = client.post("/v1/remove", files={"image": CAT}, data={"edges": "matting"})
    assert (answer.status_code, answer.headers["content-type"]) == (501, PROBLEM)
    assert "matting needs the extra" in answer.json()["detail"]
    wrong = client.post("/v1/remove", files={"image": CAT}, data={"edges": "sharp"})
    assert wrong.status_code == 422


def test_a_background_may_be_a_picture(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    behind = EXAMPLES / "coffee.jpg"
    files = {"image": CAT, "background": behind.read_bytes()}
    answer = client.post("/v1/remove", files=files)
    assert answer.content == written(monkeypatch, tmp_path, "--background", str(behind))


@pytest.mark.parametrize(
    ("kind", "media"), [("webp", "image/webp"), ("jpg", "image/jpeg"), ("TIFF", "image/tiff")]
)
def test_every_format_can_be_asked_for(client: TestClient, kind: str, media: str) -> None:
    form = {"format": kind, "background": "white"}
    answer = client.post("/v1/remove", files={"image": CAT}, data=form)
    assert answer.headers["content-type"] == media
    assert Image.open(BytesIO(answer.content)).size == (451, 300)


def test_a_picture_without_an_object_says_so(
    client_of: Callable[..., TestClient], lite: Remover
) -> None:
    client = client_of(lite)
    answer = client.post("/v1/remove", files={"image": encoded(np.full((64, 64, 3), 90, np.uint8))})
    assert answer.headers["x-object-found"] == "false"
    assert not decoded(answer.content).any()


BAD = {
    "no image": ({}, {}, 422, "image: field required"),
    "no picture": ({"image": b"hello"}, {}, 415, "no picture among"),
    "empty": ({"image": b""}, {}, 415, "empty"),
    "cut off": ({"image": CAT[:2000]}, {}, 415, "cut off"),
    "a bomb": ({"image": png_of(9000, 9000, bytes(81_009_000))}, {}, 413, "limit of 64,000,000"),
    "200 megapixels": ({"image": png_of(20_000, 10_000, b"")}, {}, 413, "limit of 64,000,000"),
    "a bad colour": ({"image": CAT}, {"background": "#12"}, 422, "background '#12'"),
    "a path": ({"image": CAT}, {"background": "/etc/passwd"}, 422, "give transparent, blur"),
    "no background": ({"image": CAT, "background": b"x"}, {}, 422, "the background: the picture"),
    "no such model": ({"image": CAT}, {"model": "../u2net"}, 404, "there are swift"),
    "no such class": ({"image": CAT}, {"class": "cat"}, 422, "class"),
    "no such format": ({"image": CAT}, {"format": "bmp"}, 422, "use png, webp"),
    "jpg": ({"image": CAT}, {"format": "jpg"}, 422, "jpg has no transparency"),
    "behind a mask": ({"image": CAT}, {"mask": "1", "background": "red"}, 422, "no background"),
    "an unknown field": ({"image": CAT}, {"bakground": "red"}, 422, "bakground: extra"),
    "neither yes nor no": ({"image": CAT}, {"mask": "perhaps"}, 422, "mask: input should be"),
    "a text as image": ({}, {"image": "cat.jpg"}, 422, "image:"),
    "10,000 fields": ({"image": CAT}, {f"f{i}": "" for i in range(10_000)}, 400, "Too many fields"),
    "five files": ({f"f{i}": CAT for i in range(5)}, {}, 400, "Too many files"),
    "a long field": ({"image": CAT}, {"background": "x" * 100_000}, 400, "maximum size of 64KB"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_is_a_problem_with_its_reason(client: TestClient, name: str) -> None:
    files, form, status, told = BAD[name]
    answer = client.post("/v1/remove", files=files or {"f": b""}, data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert told in problem["detail"]
    assert "Traceback" not in answer.text
    assert problem["type"].startswith("urn:u2net:problem:")


def test_a_fault_of_ours_tells_nothing_of_itself(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Remover, "picture", fail)
    answer = client.post("/v1/remove", files={"image": CAT})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert "secret" not in answer.text


def test_what_does_not_fit_into_memory_may_come_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Remover, "picture", fail)
    answer = client.post("/v1/remove", files={"image": CAT})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
