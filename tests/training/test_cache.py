import multiprocessing
import os
import pickle
import resource
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from u2net.errors import DatasetError, OutputError
from u2net.training import cache
from u2net.training.cache import Pack, pack
from u2net.training.sources import pairs_source

SPAWN = multiprocessing.get_context("spawn")


def packed(pairs: Path, root: Path, on_bad: str = "stop") -> Pack:
    return pack(pairs_source(str(pairs)), longest=400, on_bad=on_bad, folder=root)  # type: ignore[arg-type]


def folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()]


def test_a_pack_gives_what_decoding_gives(pairs: Path, tmp_path: Path) -> None:
    source = pairs_source(str(pairs))
    done = packed(pairs, tmp_path / "cache")
    assert done.stems == [item.stem for item in source.items]
    for number, item in enumerate(source.items):
        for ours, read in zip(done[number], source.read(item, 400), strict=True):
            np.testing.assert_array_equal(ours, read)


def test_a_pack_travels_to_another_process_as_a_path(pairs: Path, tmp_path: Path) -> None:
    done = packed(pairs, tmp_path / "cache")
    sent = pickle.dumps(done)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent)[3][0], done[3][0])


def test_a_changed_folder_is_packed_anew_and_the_old_pack_goes(pairs: Path, tmp_path: Path) -> None:
    root = tmp_path / "cache"
    before = packed(pairs, root)
    assert packed(pairs, root).folder == before.folder
    path = pairs / "masks/p2.png"
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    cv2.imwrite(str(path), 255 - mask)
    after = packed(pairs, root)
    np.testing.assert_array_equal(after[2][1], 255 - before[2][1])
    assert folders(root) == [after.folder]


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


def test_two_builders_make_one_cache(pairs: Path, tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    builders = [SPAWN.Process(target=build_slowly, args=(pairs, root, log)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(30)
    assert [builder.exitcode for builder in builders] == [0, 0, 0]
    assert len(log.read_text().splitlines()) == 1
    assert len(folders(root)) == 1


def test_a_killed_builder_leaves_nothing_in_the_way(pairs: Path, tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    builder = SPAWN.Process(target=build_slowly, args=(pairs, root, log))
    builder.start()
    while not log.exists():
        time.sleep(0.01)
    builder.kill()
    builder.join()
    assert len(packed(pairs, root)) == 8
    assert len(folders(root)) == 1


@pytest.mark.parametrize("damage", [b"", b"no picture"])
def test_an_unreadable_file_stops_by_name_or_is_counted(
    pairs: Path, tmp_path: Path, damage: bytes
) -> None:
    (pairs / "images/p4.jpg").write_bytes(damage)
    with pytest.raises(DatasetError, match=r"p4\.jpg"):
        packed(pairs, tmp_path / "cache")
    done = packed(pairs, tmp_path / "cache", on_bad="skip")
    assert len(done) == 7
    assert "p4" not in done.stems
    assert len(done.left_out) == 1
    assert "p4.jpg" in done.left_out[0]


def test_a_set_of_which_nothing_can_be_used_is_refused(pairs: Path, tmp_path: Path) -> None:
    for path in (pairs / "images").iterdir():
        path.write_bytes(b"x")
    with pytest.raises(DatasetError, match="no item can be used"):
        packed(pairs, tmp_path / "cache", on_bad="skip")
    assert not folders(tmp_path / "cache")


def test_a_cut_pack_is_noticed(pairs: Path, tmp_path: Path) -> None:
    done = packed(pairs, tmp_path / "cache")
    images = done.folder / "images.bin"
    images.write_bytes(images.read_bytes()[:-1])
    with pytest.raises(DatasetError, match="damaged"):
        packed(pairs, tmp_path / "cache")


def fill_up(pairs: Path, root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(OutputError, match="cannot be packed"):
        packed(pairs, root)
    assert not folders(root)


def test_a_full_disk_is_said_and_leaves_nothing(pairs: Path, tmp_path: Path) -> None:
    process = SPAWN.Process(target=fill_up, args=(pairs, tmp_path / "cache"))
    process.start()
    process.join(30)
    assert process.exitcode == 0
