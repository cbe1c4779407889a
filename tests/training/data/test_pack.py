import multiprocessing
import pickle
import time
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import build_slowly, fill_up, folders, packed

from u2net.errors import DatasetError
from u2net.training.data import pack as cache
from u2net.training.data.sources import pairs_source

SPAWN = multiprocessing.get_context("spawn")


def test_a_pack_gives_what_decoding_gives(pairs: Path, tmp_path: Path) -> None:
    source = pairs_source(str(pairs))
    done = packed(pairs, tmp_path / "cache")
    assert done.about.stems == [item.stem for item in source.items]
    for number, item in enumerate(source.items):
        for ours, read in zip(done[number], source.read(item, 400)[:2], strict=True):
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


def test_two_builders_make_one_cache(pairs: Path, tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    builders = [SPAWN.Process(target=build_slowly, args=(pairs, root, log)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [builder.exitcode for builder in builders] == [0, 0, 0]
    assert len(log.read_text().splitlines()) == 1
    assert len(folders(root)) == 1


def test_a_killed_builder_leaves_nothing_in_the_way(pairs: Path, tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    builder = SPAWN.Process(target=build_slowly, args=(pairs, root, log))
    builder.start()
    while not log.exists():
        assert builder.is_alive()
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
    assert "p4" not in done.about.stems
    assert len(done.about.left_out) == 1
    assert "p4.jpg" in done.about.left_out[0]


def test_a_set_of_which_nothing_can_be_used_is_refused(pairs: Path, tmp_path: Path) -> None:
    for path in (pairs / "images").iterdir():
        path.write_bytes(b"x")
    with pytest.raises(DatasetError, match="no item can be used"):
        packed(pairs, tmp_path / "cache", on_bad="skip")
    assert not folders(tmp_path / "cache")


@pytest.mark.parametrize("part", ["images.bin", "masks.bin", "index.npy", "stems.json"])
@pytest.mark.parametrize("kept", [0, -1])
def test_a_cut_pack_is_noticed(pairs: Path, tmp_path: Path, part: str, kept: int) -> None:
    file = packed(pairs, tmp_path / "cache").folder / part
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(DatasetError, match="damaged"):
        packed(pairs, tmp_path / "cache")


def test_parts_of_different_packs_are_noticed(pairs: Path, tmp_path: Path) -> None:
    file = packed(pairs, tmp_path / "cache").folder / "index.npy"
    np.save(file, np.load(file)[::-1])
    with pytest.raises(DatasetError, match="damaged"):
        packed(pairs, tmp_path / "cache")


def test_a_name_with_brackets_is_packed_after_a_killed_builder(pairs: Path, tmp_path: Path) -> None:
    odd, root = pairs.rename(tmp_path / "set[1]"), tmp_path / "cache"
    place, _ = cache.names(pairs_source(str(odd)), 400, "stop")
    (root / f"{place}-building").mkdir(parents=True)
    assert len(packed(odd, root)) == 8


def test_a_picture_that_declares_too_many_pixels_is_named(pairs: Path, tmp_path: Path) -> None:
    path = pairs / "masks/p3.png"
    header = b"IHDR" + (100_000).to_bytes(4) * 2 + path.read_bytes()[24:29]
    start = path.read_bytes()[:12] + header + zlib.crc32(header).to_bytes(4)
    path.write_bytes(start + path.read_bytes()[33:])
    with pytest.raises(DatasetError, match=r"p3\.png"):
        packed(pairs, tmp_path / "cache")


def test_a_full_disk_is_said_and_leaves_nothing(pairs: Path, tmp_path: Path) -> None:
    process = SPAWN.Process(target=fill_up, args=(pairs, tmp_path / "cache"))
    process.start()
    process.join()
    assert process.exitcode == 0
