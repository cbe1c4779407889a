"""What tests let processes of their own do: spawned ones import it from here."""

import os
import resource
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from u2net.errors import OutputError
from u2net.training.data import pack as cache
from u2net.training.data.pack import Pack, pack
from u2net.training.data.sources import pairs_source
from u2net.training.recipe import Recipe
from u2net.training.run import fit


def packed(pairs: Path, root: Path, on_bad: str = "stop") -> Pack:
    return pack(pairs_source(str(pairs)), longest=400, on_bad=on_bad, folder=root)  # type: ignore[arg-type]


def folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def build_slowly(pairs: Path, root: Path, log: Path) -> None:
    """Pack, noting each build, slowly enough that two builders meet."""
    plain = cache.write_pixels

    def slow(*arguments: object) -> object:
        with log.open("a") as file:
            file.write(f"{os.getpid()}\n")
        time.sleep(0.5)
        return plain(*arguments)  # type: ignore[arg-type]

    cache.write_pixels = slow  # type: ignore[assignment]
    assert len(packed(pairs, root)) == 8


def fill_up(pairs: Path, root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(OutputError, match="cannot be packed"):
        packed(pairs, root)
    assert not folders(root)


def fill_up_run(recipe: Recipe, pairs: Path, folder: Path) -> None:
    fit([str(pairs)], replace(recipe, steps=3), folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
    with pytest.raises(OutputError, match="cannot be written"):
        fit([str(pairs)], recipe, folder, resume=True)


def die_writing() -> None:
    """Let the fourth file be the last: the recipe, last.ckpt, a best one, and last.ckpt again."""
    plain, calls = os.fsync, []

    def sync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        plain(descriptor)

    os.fsync = sync  # type: ignore[assignment]
