"""Compiled models on disk."""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from u2net.engines import cache, load_engine
from u2net.engines.cache import DIGEST, key, through_cache

LOAD = """
import sys
from pathlib import Path
import numpy as np
from u2net.weights.card import Card
from u2net.engines import load_engine
engine = load_engine(Path(sys.argv[1]).read_bytes(), Card(name="small", size_hw=(64, 48)))
print(engine(np.ones((1, 3, 64, 48), np.float32)).sum())
"""


def test_a_second_load_takes_what_the_first_kept(plain, batch, cache_folder):
    first = load_engine(plain.data, plain.card)(batch)
    (kept,) = cache_folder.iterdir()
    written = kept.stat().st_ino
    assert np.array_equal(load_engine(plain.data, plain.card)(batch), first)
    assert kept.stat().st_ino == written


def test_a_damaged_file_is_made_anew(plain, batch, cache_folder):
    expected = load_engine(plain.data, plain.card)(batch)
    (kept,) = cache_folder.iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:1000], whole[:-1] + bytes([whole[-1] ^ 1])):
        kept.write_bytes(damaged)
        assert np.array_equal(load_engine(plain.data, plain.card)(batch), expected)
        assert len(kept.read_bytes()) > len(whole) // 2


def test_each_setting_has_a_file_of_its_own(plain, cache_folder):
    for threads in (1, 2):
        load_engine(plain.data, plain.card, threads=threads)
    assert len(list(cache_folder.iterdir())) == 2
    assert key(b"ab", ["c"]) != key(b"a", ["bc"])


def test_all_works_where_nothing_can_be_kept(plain, batch, cache_folder):
    cache_folder.parent.mkdir()
    cache_folder.write_text("a file where the folder should be")
    assert load_engine(plain.data, plain.card)(batch).shape == (3, 1, 64, 48)


def test_processes_share_a_cache(plain, tmp_path):
    command = [sys.executable, "-c", LOAD, str(plain.path)]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    results = {process.communicate(timeout=600)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(results) == 1


def sealed(path: Path, content: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + b"\0" + content).digest() + content


def through(name: str, content: bytes = b"made anew") -> bytes:
    """What is had under `name`, where `content` is what would be made."""
    return through_cache(name, restore=bytes, compile_=lambda: content, save=bytes)


def test_the_folder_is_for_its_owner_alone(cache_folder):
    before = os.umask(0)
    try:
        through("a")
    finally:
        os.umask(before)
    for place in (cache_folder, cache_folder.parent):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE((cache_folder / "a.blob").stat().st_mode) == 0o600


def test_a_folder_that_others_could_write_to_is_closed(cache_folder):
    through("a")
    for place in (cache_folder, cache_folder.parent):
        place.chmod(0o777)
    assert through("a") == b"made anew"
    for place in (cache_folder, cache_folder.parent):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def plant(kind: str, path: Path) -> None:
    path.write_bytes(sealed(path, b"planted"))
    if kind == "writable by the group":
        path.chmod(0o620)
    elif kind == "another user's":
        os.chown(path, 65534, 65534)
    elif kind == "a link":
        elsewhere = path.rename(path.parents[2] / path.name)
        path.symlink_to(elsewhere)
    elif kind == "of another name":
        path.write_bytes(sealed(path.with_name("other.blob"), b"planted"))
    elif kind == "a pipe":
        path.unlink()
        os.mkfifo(path)


@pytest.mark.parametrize(
    "kind", ["writable by the group", "another user's", "a link", "of another name", "a pipe"]
)
def test_what_another_could_have_written_is_made_anew(kind, cache_folder):
    if kind == "another user's" and os.geteuid():
        pytest.skip("only root can give files away")
    assert through("a", b"planted") == through("a") == b"planted"
    plant(kind, cache_folder / "a.blob")
    assert through("a") == b"made anew"
    assert through("a", b"not needed") == b"made anew"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
@pytest.mark.parametrize("up", [0, 1])
def test_a_folder_of_another_user_is_not_used(up, cache_folder):
    through("a", b"planted")
    os.chown([cache_folder, cache_folder.parent][up], 65534, 65534)
    assert through("a") == b"made anew"
    assert through("b") == b"made anew"
    assert not (cache_folder / "b.blob").exists()


def test_a_folder_behind_a_link_of_ones_own_is_used(cache_folder, tmp_path):
    (tmp_path / "large disk").mkdir()
    cache_folder.parent.symlink_to(tmp_path / "large disk")
    through("a")
    assert through("a", b"not needed") == b"made anew"


def test_what_was_used_longest_ago_goes_first(cache_folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 3 * (DIGEST + 100))
    for age, name in enumerate("cba"):
        through(name, bytes(100))
        os.utime(cache_folder / f"{name}.blob", (age, age))
    through("c", bytes(100))
    through("d", bytes(100))
    assert {path.stem for path in cache_folder.iterdir()} == {"a", "c", "d"}
