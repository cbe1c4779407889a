"""What tests let processes of their own pack: spawned ones import it from here."""

import os
import resource
import time
from pathlib import Path

import pytest

from u2net.errors import OutputError
from u2net.training.data import pack as cache
from u2net.training.data.pack import pack
from u2net.training.data.pack_file import Pack
from u2net.training.data.sources import pairs_source


def packed(pairs: Path, root: Path, on_bad: str = "stop") -> Pack:
    return pack(pairs_source(str(pairs)), longest=400, on_bad=on_bad, folder=root)  # type: ignore[arg-type]


def packs(root: Path) -> list[Path]:
    """The packs in the folder."""
    return list(root.glob("*.pack"))


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
    assert [path.suffix for path in root.iterdir()] == [".lock"]


def hold_a_pack(pairs: Path, root: Path, ready: Path, until: Path) -> None:
    """Read a pack for as long as `until` is not there."""
    done = packed(pairs, root)
    before = done[3][0].copy()
    ready.touch()
    while not until.exists():
        time.sleep(0.01)
    assert (Pack(done.path)[3][0] == before).all()
