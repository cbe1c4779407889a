"""`u2net models download` as a process of its own: a terminal, Ctrl-C."""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from misbehaving import Server, serving, stalling, well

from calls import interruptible, seen_on_a_terminal

CONTENT = np.random.default_rng(0).bytes(600_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PROGRAM = f"""
import sys
from dataclasses import replace
from u2net.__main__ import main
from u2net.weights.published import PUBLISHED

PUBLISHED["u2netp"] = replace(PUBLISHED["u2netp"], sha256="{SHA256}", size_bytes={len(CONTENT)})
sys.exit(main())
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "U2NET_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with serving(CONTENT) as running:
        yield running


def download(server: Server) -> list[str]:
    words = ["models", "download", "u2netp", "--from", server.address]
    return [sys.executable, "-c", PROGRAM, *words]


def test_a_terminal_sees_how_much_has_come(server: Server, tmp_path: Path) -> None:
    status, seen = seen_on_a_terminal(download(server))
    assert status == 0
    assert b"600.0/600.0 kB" in seen
    assert b"u2net: u2netp: fetching 0.6 MB from http://127.0.0.1:" in seen
    assert (tmp_path / "u2netp.onnx").read_bytes() == CONTENT


def test_without_a_terminal_there_is_no_bar(server: Server) -> None:
    done = subprocess.run(download(server), capture_output=True)
    assert done.returncode == 0
    assert done.stderr.count(b"\n") == 1
    assert b"600.0" not in done.stderr


def test_ctrl_c_keeps_what_has_come_and_the_next_download_goes_on(
    server: Server, tmp_path: Path
) -> None:
    server.answers = [stalling(400_000), well]
    process = subprocess.Popen(download(server), stderr=subprocess.PIPE, preexec_fn=interruptible)
    part = tmp_path / "u2netp.onnx.part"
    while not (part.is_file() and part.stat().st_size > 100_000):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told.splitlines()[-1]) == (130, b"u2net: interrupted")
    assert told.count(b"\n") == 2
    assert not (tmp_path / "u2netp.onnx").exists()
    kept = part.stat().st_size
    assert subprocess.run(download(server), capture_output=True).returncode == 0
    assert [wanted for _, wanted in server.asked] == [None, f"bytes={kept}-"]
    assert (tmp_path / "u2netp.onnx").read_bytes() == CONTENT
