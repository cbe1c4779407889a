"""Fixtures for the verbs."""

from pathlib import Path

import pytest

from brightness import Brightness
from calls import Call, Run
from u2net import remover as pipeline
from u2net.cli import main


@pytest.fixture
def remove(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """`u2net remove` in this process, with a network that is fast."""

    def call(*arguments: str | Path) -> Run:
        monkeypatch.setattr("sys.argv", ["u2net", "remove", *map(str, arguments)])
        status = main()
        return Run(status, *capfd.readouterr())

    monkeypatch.setattr(pipeline, "load_engine", lambda *a, **o: Brightness())
    return call
