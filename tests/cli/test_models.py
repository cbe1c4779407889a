import json
import sys

import pytest

from u2net.cli import main
from u2net.weights.catalog import embedded


@pytest.fixture
def u2net(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs the command line in this process: exit status, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["u2net", *words])
        return main(), *capsys.readouterr()

    return run


@pytest.mark.parametrize("words", [["models"], ["models", "list"]])
def test_every_embedded_model_is_listed_with_its_scores(u2net, words):
    status, out, _ = u2net(*words)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == embedded()
    assert "max_f" in out


@pytest.mark.parametrize("words", [["models", "--json"], ["models", "list", "--json"]])
def test_the_list_is_one_json_document(u2net, words):
    document = json.loads(u2net(*words)[1])
    assert [model["name"] for model in document] == embedded()


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
