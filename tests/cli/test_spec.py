import sys
from pathlib import Path

import pytest

from u2net.cli import main
from u2net.network import FULL, DenseSpec, U2Net, U2NetSpec, save_checkpoint
from u2net.network.specs import spec_from_json


def printed(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys) -> str:
    monkeypatch.setattr(sys, "argv", ["u2net", "models", "spec", *words])
    assert main() == 0
    return capsys.readouterr().out


def test_the_spec_of_a_network_or_a_checkpoint_is_printed_as_it_is_stored(
    tmp_path: Path, monkeypatch, capsys
):
    assert spec_from_json(printed(["full"], monkeypatch, capsys)) == FULL
    own = U2NetSpec(encoders=(DenseSpec(2, mid=2, out=4),), decoders=())
    save_checkpoint(U2Net(own), tmp_path / "own.safetensors")
    text = printed([str(tmp_path / "own.safetensors")], monkeypatch, capsys)
    assert spec_from_json(text) == own
    assert '"kind": "dense"' in text
