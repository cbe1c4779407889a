import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from misbehaving import Server, serving, status

from u2net.cli import main
from u2net.weights.card import KEY, Card
from u2net.weights.catalog import embedded
from u2net.weights.published import PUBLISHED

CAT = Path(__file__).parents[2] / "examples" / "cat.jpg"


@pytest.fixture
def u2net(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command line in this process: exit status, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["u2net", *words])
        return main(), *capsys.readouterr()

    return run


@pytest.fixture
def u2netp(onnx_file, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server that has what counts as the published u2netp in a test."""
    data = onnx_file({})
    monkeypatch.setenv("U2NET_MODELS", str(tmp_path / "models"))
    with serving(data) as server:
        file = replace(
            PUBLISHED["u2netp"],
            address=server.address,
            sha256=hashlib.sha256(data).hexdigest(),
            size_bytes=len(data),
        )
        monkeypatch.setitem(PUBLISHED, "u2netp", file)
        yield server


@pytest.mark.parametrize("words", [["models"], ["models", "list"]])
def test_every_model_that_has_a_name_is_listed(u2net, words):
    status, out, _ = u2net(*words)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == [*embedded(), *PUBLISHED]
    assert "max_f" in out
    assert "not here: u2net models download silueta" in out


@pytest.mark.parametrize("words", [["models", "--json"], ["models", "list", "--json"]])
def test_the_list_is_one_json_document(u2net, words):
    document = json.loads(u2net(*words)[1])
    assert [model["name"] for model in document] == [*embedded(), *PUBLISHED]
    published = next(model for model in document if model["name"] == "u2net")
    assert published["sha256"] == PUBLISHED["u2net"].sha256
    assert published["file"] is None


def test_the_list_holds_models_of_ones_own_whatever_they_are(u2net, u2netp, onnx_file, tmp_path):
    (tmp_path / "models").mkdir()
    card = Card(name="dogs", source="me").to_json()
    (tmp_path / "models" / "dogs.onnx").write_bytes(onnx_file({KEY: card}))
    (tmp_path / "models" / "cats.onnx").write_bytes(b"damaged")
    out = u2net("models")[1]
    assert [line.split()[0] for line in out.splitlines()][-2:] == ["cats", "dogs"]
    assert "cats.onnx, which has no card" in out
    assert json.loads(u2net("models", "--json")[1])[-1]["source"] == "me"


def test_a_published_model_is_fetched_once_and_where_it_is_is_printed(u2net, u2netp, tmp_path):
    path = str(tmp_path / "models" / "u2netp.onnx")
    status, out, err = u2net("models", "download", "u2netp")
    assert (status, out) == (0, f"{path}\n")
    assert err == f"u2net: u2netp: fetching 0.0 MB from {u2netp.address}\n"
    assert u2net("models", "download", "u2netp") == (0, f"{path}\n", "")
    assert f"  {path}" in u2net("models")[1]
    document = json.loads(u2net("models", "download", "u2netp", "--json")[1])
    assert document == [{"name": "u2netp", "file": path}]
    assert json.loads(u2net("models", "show", "u2netp", "--json")[1])["file"] == path


def test_another_address_is_good_when_the_bytes_are_right(u2net, u2netp, monkeypatch):
    file = PUBLISHED["u2netp"]
    monkeypatch.setitem(PUBLISHED, "u2netp", replace(file, address="http://127.0.0.1:9/"))
    status, _, err = u2net("models", "download", "u2netp", "--from", u2netp.address, "-q")
    assert (status, err) == (0, "")


def test_a_failed_download_is_one_line_and_status_1(u2net, u2netp):
    u2netp.answers = [status(404)]
    ended, out, err = u2net("models", "download", "u2netp", "-q")
    assert (ended, out) == (1, "")
    assert "answers 404 Not Found" in err
    assert err.count("\n") == 1


def test_a_download_of_an_unknown_name_lists_the_known(u2net):
    status, out, err = u2net("models", "download", "isnet")
    assert (status, out) == (1, "")
    assert err.endswith(f"known are {', '.join(PUBLISHED)}\n")
    assert u2net("models", "download", "u2net", "u2netp", "--from", "http://a")[0] == 2


def test_the_card_of_a_model_that_is_not_here_is_shown(u2net):
    out = u2net("models", "show", "u2net_human_seg")[1]
    assert "Supervisely" in out
    assert "https://github.com/" in out


def test_a_model_that_is_not_here_is_one_line_that_names_the_command(u2net, tmp_path):
    status, out, err = u2net("remove", str(CAT), "-o", str(tmp_path / "a.png"), "-m", "u2net")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "'u2net models download u2net' (176.0 MB)" in err


def test_a_card_is_shown_for_people_and_for_programs(u2net):
    _, text, _ = u2net("models", "show", "lite")
    assert "Apache-2.0" in text
    document = json.loads(u2net("models", "show", "lite", "--json")[1])
    assert document["size_hw"] == [320, 320]
    assert document["bytes"] < 5_000_000


def test_every_embedded_model_is_verified_by_running_it(u2net):
    status, out, _ = u2net("models", "verify", "--json")
    assert status == 0
    assert [model["name"] for model in json.loads(out)] == embedded()


@pytest.mark.parametrize("verb", ["show", "verify"])
def test_an_unknown_model_is_one_line_and_status_1(u2net, verb):
    status, out, err = u2net("models", verb, "nonesuch")
    assert (status, out, err.count("\n")) == (1, "", 1)
