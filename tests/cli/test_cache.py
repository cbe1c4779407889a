"""`u2net cache`, on a cache folder of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from u2net.cli.cache import command
from u2net.machine.cache import cache_folder, hold
from u2net.training.data.pack import pack
from u2net.training.data.sources import pairs_source


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The output of `u2net cache`, on an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(command, arguments, standalone_mode=False)
        assert result.return_value == 0, result.output
        return result.stdout

    return run


def test_an_empty_cache_is_said_to_be_empty(run: Callable[..., str]) -> None:
    assert "0 kept, 0.0 MB" in run("list")
    assert "0 deleted" in run("clear")


def test_packs_and_compiled_models_are_listed_with_their_sizes(
    run: Callable[..., str], pairs: Path
) -> None:
    (cache_folder("compiled") / "a.blob").write_bytes(bytes(3_000_000))
    path = pack(pairs_source(str(pairs)), longest=400, on_bad="stop").path
    listed = json.loads(run("list", "--json"))["kept"]
    assert [(one["part"], one["bytes"]) for one in listed] == [
        ("compiled", 3_000_000),
        ("packs", path.stat().st_size),
    ]
    assert path.name in run()


def test_clearing_leaves_what_a_process_is_using(run: Callable[..., str], pairs: Path) -> None:
    compiled = cache_folder("compiled") / "a.blob"
    compiled.write_bytes(b"x")
    path = pack(pairs_source(str(pairs)), longest=400, on_bad="stop").path
    with hold(path):
        said = run("clear")
    assert "1 deleted" in said
    assert f"{path}: stays" in said
    assert (compiled.exists(), path.exists()) == (False, True)
    run("clear")
    assert not path.exists()
