"""Whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from u2net import files
from u2net.errors import OutputError


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
def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write(link, b"new")
    assert (target.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"old", b"new", False)


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
    assert not list(tmp_path.iterdir())


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    files.write(path, b"old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:  # noqa: PT012
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="Linux alone has files without a name")
def test_a_killed_process_leaves_no_half_file(tmp_path: Path) -> None:
    program = (
        "import itertools, sys; from pathlib import Path; from u2net.files import write\n"
        "for n in itertools.count(): write(Path(sys.argv[1]) / f'{n}.bin', bytes(3_000_000))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    deadline = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) >= 5
    assert set(sizes) == {3_000_000}
