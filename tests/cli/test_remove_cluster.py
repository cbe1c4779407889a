"""`u2net remove --cluster`: what is refused, and what is left behind where no run can begin."""

from pathlib import Path

import pytest

from calls import Call, Run
from made_pictures import encoded, photo
from made_store import needed
from u2net.cluster.claim import claimed
from u2net.places.address import Address
from u2net.places.place import place_at

NOBODY = "127.0.0.1:1"
"""Where no cluster answers."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With photos in `in`."""
    needed("ray", "pyarrow", "fsspec")
    (tmp_path / "in").mkdir()
    for name in "ab":
        (tmp_path / "in" / f"{name}.png").write_bytes(encoded(photo(20, 30)))
    return tmp_path


def files(folder: Path) -> set[str]:
    """All below it, folders too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def start(remove: Call, folder: Path, *options: str | Path) -> Run:
    return remove(folder / "in", "-o", folder / "out", "--cluster", NOBODY, *options)


def test_a_run_that_cannot_begin_leaves_nothing(remove: Call, folder: Path) -> None:
    before = files(folder)
    for _ in range(2):  # the second time for the same reason
        done = start(remove, folder, "--manifest", folder / "rows")
        assert done.status == 1
        assert done.err.startswith(f"u2net: cluster {NOBODY}: cannot be joined (")
    assert files(folder) == before


def test_a_place_where_another_run_is_at_work_is_refused(remove: Call, folder: Path) -> None:
    with claimed(place_at(Address.of(str(folder / "out/.u2net")))):
        before = files(folder)
        done = start(remove, folder)
        assert done.status == 1
        (line,) = done.err.splitlines()
        assert line.startswith(f"u2net: {folder}/out/.u2net: another run is at work here (")
        assert files(folder) == before


def test_an_input_without_pictures_leaves_nothing(remove: Call, folder: Path) -> None:
    (folder / "in/a.png").unlink()
    (folder / "in/b.png").rename(folder / "in/b.txt")
    before = files(folder)
    assert start(remove, folder).err == f"u2net: {folder}/in: no pictures there, 1 other files\n"
    assert files(folder) == before


@pytest.mark.parametrize("options", [(), ("--overwrite",), ("--skip-existing",)])
def test_a_folder_for_the_manifest_loses_nothing(
    remove: Call, folder: Path, options: tuple[str, ...]
) -> None:
    (folder / "reports").mkdir()
    for name in ("thesis.txt", "rows-0000000001-0000000001.parquet"):
        (folder / "reports" / name).write_bytes(b"dear")
    before = files(folder)
    assert start(remove, folder, "--manifest", folder / "reports", *options).status == 1
    assert files(folder) == before


def test_the_manifest_of_another_run_is_refused(remove: Call, folder: Path) -> None:
    part = folder / "reports/rows-0000000001-0000000001.parquet"
    part.parent.mkdir()
    part.write_bytes(b"dear")
    done = start(remove, folder, "--manifest", part.parent)
    assert done.err == (
        f"u2net: {part}: is of another run; choose another --manifest, or give --skip-existing or "
        "--overwrite\n"
    )


@pytest.mark.parametrize("name", ["in", "in/rows", "."])
def test_a_manifest_among_the_inputs_is_refused(remove: Call, folder: Path, name: str) -> None:
    before = files(folder)
    assert "one lies in the other" in start(remove, folder, "--manifest", folder / name).err
    assert files(folder) == before


@pytest.mark.parametrize(
    ("given", "output"),
    [("in/a.png", "out"), ("film.mp4", "out"), ("in", "out.webm"), ("in", "out.png")],
)
def test_one_file_is_no_work_for_a_cluster(
    remove: Call, folder: Path, given: str, output: str
) -> None:
    before = files(folder)
    done = remove(folder / given, "-o", folder / output, "--cluster", NOBODY)
    assert done.status == 2
    assert "--cluster is for folders of pictures" in done.err
    assert files(folder) == before


@pytest.mark.parametrize("option", ["-o", "--manifest"])
def test_what_is_in_the_memory_of_one_process_is_refused(
    remove: Call, folder: Path, option: str
) -> None:
    done = start(remove, folder, option, "memory://out")
    assert done.status == 2
    assert "memory://out: is of one process; --cluster has several" in done.err
