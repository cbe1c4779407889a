import math
import multiprocessing
import os
import pickle
import time
import zlib
from collections.abc import Callable
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from packers import build_slowly, fill_up, hold_a_pack, packed, packs

from u2net.data.truth import read_truth
from u2net.errors import DatasetError
from u2net.pictures.source import photo_of
from u2net.preprocess import to_input
from u2net.training.data import pack as cache
from u2net.training.data.pack import pack, pack_held_out
from u2net.training.data.pack_file import Pack, write_end
from u2net.training.data.sources import pairs_source
from u2net.training.data.validation import Validation
from u2net.weights.card import Card

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
    assert packed(pairs, root).path == before.path
    path = pairs / "masks/p2.png"
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    cv2.imwrite(str(path), 255 - mask)
    after = packed(pairs, root)
    np.testing.assert_array_equal(after[2][1], 255 - before[2][1])
    assert packs(root) == [before.path, after.path] or packs(root) == [after.path, before.path]


def test_two_builders_make_one_cache(pairs: Path, tmp_path: Path) -> None:
    root, log = tmp_path / "cache", tmp_path / "log"
    builders = [SPAWN.Process(target=build_slowly, args=(pairs, root, log)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [builder.exitcode for builder in builders] == [0, 0, 0]
    assert len(log.read_text().splitlines()) == 1
    assert len(packs(root)) == 1


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
    assert len(packs(root)) == 1


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
    assert not packs(tmp_path / "cache")


@pytest.mark.parametrize("kept", [0, 20, -1, -30])
def test_a_damaged_pack_is_told_in_one_line_and_made_anew(
    pairs: Path, tmp_path: Path, kept: int
) -> None:
    root, told = tmp_path / "cache", []
    path = packed(pairs, root).path
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    source = pairs_source(str(pairs))
    done = pack(source, longest=400, on_bad="stop", folder=root, tell=told.append)
    assert path.read_bytes() == whole
    assert len(done) == 8
    (line,) = told
    assert "gone or damaged" in line
    assert "\n" not in line


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """A pack with other text in it, and a checksum that is right."""
    done = Pack(path)
    table = asdict(done.about)
    change(table)
    about = copy(done.about)
    about.stems, about.left_out = table["stems"], table["left_out"]
    data = path.read_bytes()
    start = data.rindex(done._rows.tobytes())
    with path.open("wb") as file:
        file.write(data[:start])
        write_end(file, done._rows, about)


def test_whatever_a_pack_holds_it_is_read_or_refused(pairs: Path, tmp_path: Path) -> None:
    path = packed(pairs, tmp_path / "cache").path
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    start = whole.rindex(b'{"name"')
    refused = 0
    for number in range(400):
        mutant = bytearray(whole)
        # Half of them where it counts: rows, text and checksum.
        first = start - 500 if number % 2 else 0
        for at in rng.integers(first, len(mutant), rng.integers(1, 4)):
            mutant[at] = rng.integers(256)
        path.write_bytes(mutant[: rng.integers(1, len(mutant))] if number % 5 == 0 else mutant)
        try:
            done = Pack(path)
        except DatasetError:
            refused += 1
            continue
        for item in range(len(done)):
            rgb, mask = done[item]
            assert rgb.shape[:2] == mask.shape
    assert refused > 200


@pytest.mark.parametrize("stems", [list(range(8)), ["a"], [None] * 8])
def test_stems_that_are_no_names_are_refused(
    pairs: Path, tmp_path: Path, stems: list[object]
) -> None:
    path = packed(pairs, tmp_path / "cache").path
    rewritten(path, lambda table: table.update(stems=stems))
    with pytest.raises(DatasetError, match="damaged"):
        Pack(path)


def test_the_same_set_is_one_pack_however_its_path_is_written(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = packed(pairs, tmp_path / "cache")
    monkeypatch.chdir(pairs.parent)
    (tmp_path / "link").symlink_to(pairs)
    for way in (Path(pairs.name), Path(f"./{pairs.name}/../{pairs.name}"), tmp_path / "link"):
        assert packed(way, tmp_path / "cache").path == first.path


def test_a_pack_that_another_process_reads_is_not_deleted(pairs: Path, tmp_path: Path) -> None:
    root, ready, until = (tmp_path / name for name in ("cache", "ready", "until"))
    reader = SPAWN.Process(target=hold_a_pack, args=(pairs, root, ready, until))
    reader.start()
    while not ready.exists():
        assert reader.is_alive()
        time.sleep(0.01)
    (held,) = packs(root)
    path = pairs / "masks/p2.png"
    cv2.imwrite(str(path), 255 - cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    packed(pairs, root)
    assert held.exists()
    until.touch()
    reader.join()
    assert reader.exitcode == 0
    os.utime(path)
    last = packed(pairs, root)
    assert packs(root) == [last.path]


def test_packs_are_kept_within_a_bound(
    tmp_path: Path, make_pairs: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "cache"
    first, second = (make_pairs(tmp_path / name, count=3) for name in ("a", "b"))
    path = packed(first, root).path
    os.utime(path, (1e9, 1e9))
    monkeypatch.setattr(cache, "UNUSED_DAYS", math.inf)
    monkeypatch.setattr(cache, "MOST", path.stat().st_size)
    kept = packed(second, root)
    assert packs(root) == [kept.path]


def test_a_pack_that_nobody_used_for_long_goes(
    tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    root = tmp_path / "cache"
    first, second = (make_pairs(tmp_path / name, count=3) for name in ("a", "b"))
    os.utime(packed(first, root).path, (1e9, 1e9))
    kept = packed(second, root)
    assert packs(root) == [kept.path]


def test_held_out_pictures_are_packed_as_the_network_sees_them_and_truth_at_its_own_size(
    tmp_path: Path, make_pairs: Callable[..., Path]
) -> None:
    pairs = make_pairs(tmp_path / "set", count=2)
    for folder, suffix in (("images", "jpg"), ("masks", "png")):
        path = str(pairs / f"{folder}/p0.{suffix}")
        cv2.imwrite(path, cv2.resize(cv2.imread(path), (3000, 2000)))  # type: ignore[arg-type]
    source = pairs_source(str(pairs))
    done = pack_held_out(source, size_hw=(320, 320), on_bad="stop", folder=tmp_path / "cache")
    assert done.path.stat().st_size < 2 * 3 * 320 * 320 + 200_000
    card = Card(name="plain")
    scored = Validation(done, card, pictures=0)[0]
    served = photo_of(pairs / "images/p0.jpg")
    np.testing.assert_array_equal(scored.photo, to_input(served.rgb, card))
    truth, _ = read_truth(pairs / "masks/p0.png")
    np.testing.assert_array_equal(scored.truth, truth)


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
