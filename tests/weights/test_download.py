"""Whatever the server does, a file is there whole and right, or not at all."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import (
    Server,
    another_range,
    breaking_off,
    giving,
    giving_in_chunks,
    half_of_the_range,
    ignoring_ranges,
    serving,
    stalling,
    status,
    well,
    without_end,
)

from u2net.errors import DownloadError, OutputError
from u2net.weights.card import Card
from u2net.weights.download import Patience, download
from u2net.weights.published import Published

CONTENT = np.random.default_rng(0).bytes(600_000)
FILE = Published(
    card=Card(name="u2net"),
    address="",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
)
HASTY = Patience(silence_s=1, tries=3, pause_s=0)


@pytest.fixture
def server():
    with serving(CONTENT) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "U2NET_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def fetch(server: Server, file: Published = FILE, **more) -> Path:
    return download(file, address=server.address, patience=HASTY, **more)


def refusal(server: Server, **more) -> str:
    with pytest.raises(DownloadError) as caught:
        fetch(server, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def starts(server: Server) -> list[int]:
    """Where each request began."""
    return [int((wanted or "=0-")[:-1].rpartition("=")[2]) for _, wanted in server.asked]


def test_a_file_arrives_whole_and_only_once(server, folder):
    seen: list[int] = []
    path = fetch(server, watch=seen.append)
    assert path == folder / "u2net.onnx"
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert fetch(server) == path
    assert len(server.asked) == 1
    assert {one.name for one in folder.iterdir()} <= {"u2net.onnx", ".u2net.onnx.lock"}


def test_what_breaks_off_is_gone_on_with(server, folder):
    server.answers = [breaking_off(200_000), breaking_off(150_000), well]
    assert fetch(server).read_bytes() == CONTENT
    assert starts(server) == [0, 200_000, 350_000]


def test_what_stalls_is_gone_on_with(server, folder):
    server.answers = [stalling(200_000), well]
    assert fetch(server).read_bytes() == CONTENT
    assert starts(server) == [0, 200_000]


@pytest.mark.parametrize(
    "second",
    [ignoring_ranges, another_range, half_of_the_range, giving_in_chunks, status(416)],
    ids=lambda answer: getattr(answer, "__name__", "416"),
)
def test_a_server_that_goes_on_in_its_own_way_is_understood(second, server, folder):
    server.answers = [breaking_off(200_000), second, well]
    assert fetch(server).read_bytes() == CONTENT


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.integers(0, len(CONTENT) + 10), right=st.booleans())
def test_whatever_came_before_the_file_is_right(before, right, server, folder):
    (folder / "u2net.onnx").unlink(missing_ok=True)
    folder.mkdir(exist_ok=True)
    earlier = (CONTENT + b"more than all") if right else b"x" * (len(CONTENT) + 10)
    (folder / "u2net.onnx.part").write_bytes(earlier[:before])
    assert fetch(server).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content",
    [
        CONTENT[:-1],
        CONTENT + b"x",
        CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]),
        b"<html>Please log in to this network</html>",
        b"",
    ],
    ids=["short", "long", "one bit", "a page", "empty"],
)
def test_other_bytes_are_never_kept(content, server, folder):
    server.answers = [giving(content)]
    assert "is another file" in refusal(server)
    assert {one.name for one in folder.iterdir()} <= {".u2net.onnx.lock"}


def test_a_file_without_end_is_left(server, folder):
    server.answers = [without_end]
    assert "is another file" in refusal(server)


@pytest.mark.parametrize("number", [403, 404, 410])
def test_what_is_not_there_is_an_error_at_once(number, server, folder):
    server.answers = [status(number)]
    assert f"answers {number}" in refusal(server)
    assert len(server.asked) == 1


def test_a_server_with_no_time_is_asked_again_and_then_given_up(server, folder):
    server.answers = [status(503), status(429), well]
    assert fetch(server).read_bytes() == CONTENT
    server.answers = [status(503)]
    (folder / "u2net.onnx").unlink()
    assert "503 Service Unavailable, 3 times" in refusal(server)


def test_a_server_that_sends_nothing_more_is_given_up_and_what_came_is_kept(server, folder):
    server.answers = [breaking_off(200_000), breaking_off(0)]
    assert "3 times; try again later" in refusal(server)
    server.answers = [well]
    assert fetch(server).read_bytes() == CONTENT
    assert starts(server)[-1] == 200_000


def test_a_redirect_is_followed_and_a_circle_is_not(server, folder):
    server.answers = [status(302, Location="/elsewhere"), well]
    assert fetch(server).read_bytes() == CONTENT
    assert server.asked[-1][0] == "/elsewhere"
    (folder / "u2net.onnx").unlink()
    server.answers = [status(302, Location="/round")]
    assert "redirects" in refusal(server)


def test_nobody_at_the_address_is_an_error_of_one_line(server, folder):
    server.server_close()
    assert "Connection refused" in refusal(server)


def test_an_address_that_is_none_is_an_error_of_one_line(folder):
    for address in ("nonsense", "ftp://127.0.0.1/u2net.onnx", "http://"):
        with pytest.raises(DownloadError, match=r"^u2net: cannot be fetched from [^\n]*$"):
            download(FILE, address=address, patience=HASTY)


def test_a_proxy_of_the_environment_is_used(server, folder, monkeypatch):
    monkeypatch.setenv("http_proxy", server.address.removesuffix("/u2net.onnx"))
    there = "http://models.invalid/u2net.onnx"
    assert download(FILE, address=there, patience=HASTY).read_bytes() == CONTENT
    assert server.asked[0][0] == there
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (folder / "u2net.onnx").unlink()
    assert fetch(server).read_bytes() == CONTENT
    assert server.asked[-1][0] == "/u2net.onnx"


def test_offline_nothing_is_asked_for_and_what_is_there_is_found(server, folder, monkeypatch):
    monkeypatch.setenv("U2NET_OFFLINE", "1")
    assert f"put the file at {folder / 'u2net.onnx'}" in refusal(server)
    monkeypatch.setenv("U2NET_OFFLINE", "0")
    fetch(server)
    monkeypatch.setenv("U2NET_OFFLINE", "1")
    assert fetch(server).read_bytes() == CONTENT
    assert len(server.asked) == 1


@pytest.mark.parametrize("offline", ["0", "1"])
def test_what_rembg_has_is_not_fetched_again(offline, server, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("U2NET_OFFLINE", offline)
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    theirs = tmp_path / "models" / "u2net" / "u2net.onnx"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(CONTENT)
    assert fetch(server) == theirs
    folder.mkdir(exist_ok=True)
    (folder / "u2net.onnx").write_bytes(b"mine")
    assert fetch(server) == theirs
    assert not server.asked


def test_what_rembg_has_of_that_name_and_is_damaged_does_not_hinder(
    server, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("U2NET_HOME", str(tmp_path))
    (tmp_path / "u2net.onnx").write_bytes(CONTENT[:-1])
    assert fetch(server) == folder / "u2net.onnx"
    assert (tmp_path / "u2net.onnx").read_bytes() == CONTENT[:-1]


def test_another_file_of_that_name_is_kept(server, folder):
    folder.mkdir()
    (folder / "u2net.onnx").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is not the published u2net"):
        fetch(server)
    assert (folder / "u2net.onnx").read_bytes() == b"mine"
    assert not server.asked


def test_a_folder_that_cannot_be_is_an_error_of_one_line(server, folder, monkeypatch):
    folder.write_bytes(b"no folder")
    with pytest.raises(OutputError, match="cannot be a folder"):
        fetch(server)
    monkeypatch.setenv("U2NET_MODELS", "/proc/models")
    with pytest.raises(OutputError, match="U2NET_MODELS"):
        fetch(server)


def test_a_file_larger_than_the_disk_is_not_begun(server, folder):
    with pytest.raises(OutputError, match="has room for"):
        fetch(server, replace(FILE, size_bytes=1 << 60))


FETCH = """
import sys
from u2net.weights.card import Card
from u2net.weights.download import Patience, download
from u2net.weights.published import Published

address, sha256, size = sys.argv[1:]
file = Published(card=Card(name="u2net"), address=address, sha256=sha256, size_bytes=int(size))
print(download(file, say=lambda line: print(line, flush=True)))
"""


def process(server: Server) -> subprocess.Popen[str]:
    words = [server.address, FILE.sha256, str(FILE.size_bytes)]
    command = [sys.executable, "-c", FETCH, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)


def kill_at(size: int, running: subprocess.Popen[str], folder: Path) -> None:
    """Kill the process when so much has come."""
    part = folder / "u2net.onnx.part"
    while not part.exists() or part.stat().st_size < size:
        assert running.poll() is None
    running.kill()
    running.communicate()


def test_several_processes_at_once_fetch_one_file_once(server, folder):
    server.answers = [stalling(100_000), well]
    first = process(server)
    while not server.asked:
        assert first.poll() is None
    others = [process(server) for _ in range(3)]
    for other in others:
        assert "another process is fetching it" in other.stdout.readline()
    kill_at(100_000, first, folder)
    for other in others:
        assert other.communicate()[0].splitlines()[-1] == str(folder / "u2net.onnx")
        assert other.returncode == 0
    assert (folder / "u2net.onnx").read_bytes() == CONTENT
    assert starts(server) == [0, 100_000]


def test_a_killed_download_goes_on_where_it_was(server, folder):
    server.answers = [stalling(300_000), well]
    kill_at(300_000, process(server), folder)
    assert not (folder / "u2net.onnx").exists()
    assert fetch(server).read_bytes() == CONTENT
    assert starts(server) == [0, 300_000]
