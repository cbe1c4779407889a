"""Whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from u2net import files
from u2net.errors import OutputError, OutputExistsError


@pytest.fixture(params=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of writing: through a file without a name, and where there is no such thing."""
    if request.param == "named":
        monkeypatch.setattr(files, "_NAMELESS", 0)


both_ways = pytest.mark.usefixtures("way")


@both_ways
def test_what_is_written_is_all_there_is(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/file.bin"
    for data in (b"first", b"second, longer", b""):
        files.write(path, data)
        assert path.read_bytes() == data
        assert list(path.parent.iterdir()) == [path]


@both_ways
def test_a_written_file_has_the_usual_rights(tmp_path: Path) -> None:
    files.write(tmp_path / "a", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@both_ways
def test_a_link_is_written_through(tmp_path: Path) -> None:
    target, link = tmp_path / "there/target", tmp_path / "link"
    link.symlink_to(target)
    for data in (b"first", b"second"):
        files.write(link, data)
        assert (target.read_bytes(), link.is_symlink()) == (data, True)
    with files.atomic(link) as temporary:
        temporary.write_bytes(b"third")
        assert temporary.name == "link"
    assert (target.read_bytes(), link.is_symlink()) == (b"third", True)
    assert {path.name for path in tmp_path.rglob("*")} == {"there", "target", "link"}


@both_ways
def test_links_that_go_round_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="a: cannot be written"):
        files.write(tmp_path / "a", b"x")


@both_ways
@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_is_an_error_and_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match="name"):
        files.write(tmp_path / name, b"x")
    for look in (files.is_there, files.is_file, files.is_folder):
        assert not look(tmp_path / name)


@both_ways
def test_what_is_there_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write(path, b"first", replace=False)
    with pytest.raises(OutputExistsError, match="a: exists and is kept"):
        files.write(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@both_ways
def test_a_file_that_appears_while_another_is_written_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    real = os.fsync

    def slow(descriptor: int) -> None:
        path.write_bytes(b"of another program")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(OutputExistsError):
        files.write(path, b"ours", replace=False)
    assert path.read_bytes() == b"of another program"
    assert list(tmp_path.iterdir()) == [path]


@both_ways
@pytest.mark.parametrize("replace", [True, False])
def test_a_file_system_without_links_is_written_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replace: bool
) -> None:
    def refused(*names: object, **options: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "a"
    files.write(path, b"first", replace=replace)
    assert path.read_bytes() == b"first"
    if not replace:
        with pytest.raises(OutputExistsError):
            files.write(path, b"second", replace=False)


def test_a_full_disk_is_not_tried_again_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*names: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OutputError, match="No space left"):
        files.write(tmp_path / "a", b"x", replace=False)
    assert not list(tmp_path.iterdir())


@both_ways
def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no regular file"):
        files.write(Path(os.devnull), b"x")
    with pytest.raises(OutputError, match="no regular file"):
        files.write(tmp_path, b"x")


@both_ways
def test_a_file_where_a_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"file/a\.png: cannot be written"):
        files.write(tmp_path / "file/a.png", b"x")
    with pytest.raises(OutputError, match="cannot be a folder"):
        files.check_folder(tmp_path / "file/deeper")


def test_checking_a_folder_makes_nothing(tmp_path: Path) -> None:
    files.check_folder(tmp_path / "not/yet")
    files.check_takes_files(tmp_path / "not/yet")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_no_files_is_known_before_one_is_made() -> None:
    for folder in (Path("/proc"), Path("/proc/not/yet")):
        with pytest.raises(OutputError, match=f"^{folder}: cannot be written"):
            files.check_takes_files(folder)


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    files.write(path, b"old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:  # noqa: PT012
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


WRITES = (
    "import itertools, sys; from pathlib import Path; from u2net import files\n"
    "if sys.argv[2] == 'named': files._NAMELESS = 0\n"
    "for n in itertools.count(): files.write(Path(sys.argv[1]) / f'{n}.bin', bytes(3_000_000))"
)


def killed(folder: Path, way: str) -> None:
    """Kill a process that writes into `folder` when some files are there."""
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(folder), way])
    while len(list(folder.glob("*.bin"))) < 5 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="Linux alone has files without a name")
def test_a_killed_process_leaves_no_half_file(tmp_path: Path) -> None:
    killed(tmp_path, "nameless")
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) >= 5
    assert set(sizes) == {3_000_000}


@pytest.mark.skipif(files.fcntl is None, reason="no locks of this kind")
@both_ways
def test_what_killed_processes_left_is_removed_and_what_lives_is_not(tmp_path: Path) -> None:
    for _ in range(20):  # until a kill falls between the making and the move
        killed(tmp_path, "named")
        if left := list(tmp_path.glob(".u2net-*")):
            break
        for path in tmp_path.iterdir():
            path.unlink()
    else:
        pytest.skip("no kill met the process at work")
    (tmp_path / ".u2net-0123456789abcdef").write_bytes(b"a step")
    (tmp_path / ".u2net-notes").write_bytes(b"of somebody else")
    with files._temporary(tmp_path / "x", "x") as living:
        living.write_bytes(b"at work")
        an_hour_ago = time.time() - 3600
        for path in tmp_path.glob(".u2net-*"):
            os.utime(path, (an_hour_ago, an_hour_ago))
        files._clean.cache_clear()
        files.write(tmp_path / "new.bin", b"new")
        assert living.read_bytes() == b"at work"
        names = {path.name for path in tmp_path.glob(".u2net-*")}
        assert names == {".u2net-notes", living.parent.name}
    assert not any(path.exists() for path in left)
