"""What is read, where it goes, and what is refused before any work."""

import os
from pathlib import Path

import numpy as np
import pytest

from made_pictures import encoded, photo
from u2net.batch.inputs import EARLIER, FILM, NO_PICTURE, find_inputs
from u2net.batch.plan import Existing, Naming, Plan, make_plan
from u2net.batch.run import run
from u2net.cutout import Picture
from u2net.errors import OutputError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("a.jpg", "B.PNG", "sub/a.jpg", "sub/deep/c.webp", "notes.txt", ".hidden.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    (folder / ".thumbs").mkdir()
    (folder / ".thumbs/t.jpg").write_bytes(b"t")
    return folder


def names(*places: Path, leave_out: Path | None = None) -> list[str]:
    found = find_inputs(places, leave_out=leave_out)
    assert not found.failed
    return [one.inside.as_posix() for one in found.inputs]


def plan(*places: Path, output: Path | None, existing: Existing = "refuse", **more: object) -> Plan:
    naming = Naming(kind="png", label="cutout", folder=output)
    return make_plan(places, naming, existing, **more)  # type: ignore[arg-type]


def test_a_folder_gives_its_pictures_in_order_and_nothing_hidden(photos: Path) -> None:
    assert names(photos) == ["B.PNG", "a.jpg", "sub/a.jpg", "sub/deep/c.webp"]


def test_a_named_file_is_taken_whatever_it_is_called(photos: Path) -> None:
    named = (photos / "notes.txt", photos / ".hidden.jpg", photos / "missing")
    assert names(*named) == ["notes.txt", ".hidden.jpg", "missing"]


def test_a_folder_without_pictures_is_a_failure_and_the_others_are_done(photos: Path) -> None:
    (photos / "empty").mkdir()
    found = find_inputs([photos / "empty", photos], leave_out=None)
    assert len(found.inputs) == 4
    ((source, error),) = [(one.source, one.error) for one in found.failed]
    assert source == photos / "empty"
    assert "empty: no pictures in this folder" in str(error)


def test_a_picture_in_a_folder_is_known_by_its_first_bytes_too(photos: Path) -> None:
    data = encoded(photo(), "JPEG")
    for name in ("no_suffix", "photo.jfif", "photo.bin", "photo.HEIC", "photo.cr2"):
        (photos / name).write_bytes(data)
    (photos / "readme").write_text("text")
    (photos / "empty").write_bytes(b"")
    found = find_inputs([photos], leave_out=None)
    assert {one.path.name for one in found.inputs} >= {
        *("no_suffix", "photo.jfif", "photo.bin", "photo.HEIC", "photo.cr2", "a.jpg")
    }
    assert [path.name for path, _ in found.left_out] == ["empty", "notes.txt", "readme"]


def test_links_that_go_round_end(photos: Path) -> None:
    (photos / "sub/round").symlink_to(photos)
    assert len(names(photos)) == 4
    found = find_inputs([photos], leave_out=None)
    assert (photos / "sub/round", "link to a folder") in found.left_out


def test_a_link_to_a_picture_is_followed_and_one_to_nowhere_reported(photos: Path) -> None:
    (photos / "link.jpg").symlink_to(photos / "a.jpg")
    (photos / "nowhere.jpg").symlink_to(photos / "gone.jpg")
    assert {"link.jpg", "nowhere.jpg"} <= set(names(photos))


def test_pipes_and_folders_called_like_pictures_are_no_pictures(photos: Path) -> None:
    os.mkfifo(photos / "pipe.jpg")
    (photos / "folder.jpg").mkdir()
    assert len(names(photos)) == 4
    found = find_inputs([photos], leave_out=None)
    assert (photos / "pipe.jpg", "no regular file") in found.left_out


def test_a_folder_that_cannot_be_listed_is_told(photos: Path) -> None:
    def listing(folder: object, onerror: object) -> object:
        onerror(PermissionError(13, "Permission denied", "photos/locked"))  # type: ignore[operator]
        return iter([(str(photos), [], ["a.jpg"])])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "walk", listing)
        found = find_inputs([photos], leave_out=None)
    assert len(found.inputs) == 1
    assert "photos/locked: cannot be listed (Permission denied)" in str(found.failed[0].error)


def test_earlier_results_inside_the_input_folder_are_not_read_again(photos: Path) -> None:
    out = photos / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"result")
    assert len(names(photos, leave_out=out)) == 4
    link = photos.parent / "elsewhere"
    link.symlink_to(out)
    assert len(names(photos, leave_out=link)) == 4


def test_films_of_a_folder_are_left_out_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for name, head in (("a.mp4", b""), ("b.bin", b"\x1a\x45\xdf\xa3"), ("c.txt", b"")):
        (folder / name).write_bytes(head)
    found = find_inputs([folder], leave_out=None)
    assert [why for _, why in found.left_out] == [FILM, FILM, NO_PICTURE]
    (failed,) = found.failed
    assert failed.error == f"{folder}: no pictures in this folder, 3 other things (2 {FILM})"


@pytest.mark.parametrize("place", ["first", "out/first", "sub/first", "first/class"])
@pytest.mark.parametrize(
    ("look", "kind"), [("cut-out", "png"), ("cut-out", "webp"), ("mask", "png"), ("mask", "tiff")]
)
def test_results_of_a_run_into_another_folder_are_left_out_and_counted(
    photos: Path, kind: str, place: str, look: str
) -> None:
    pixels = np.dstack([photo(), photo()[..., :1]]) if look == "cut-out" else photo()[..., 0]
    naming = Naming(kind=kind, label="cutout", folder=photos / place)
    made = make_plan([photos], naming)
    assert len(list(run(made, lambda path: Picture(pixels=pixels), jobs=1))) == 4
    found = find_inputs([photos], leave_out=photos / "second")
    assert [one.path.name for one in found.inputs] == ["B.PNG", "a.jpg", "a.jpg", "c.webp"]
    earlier = [path for path, why in found.left_out if why == EARLIER]
    assert sorted(earlier) == sorted(task.target for task in made.tasks)
    assert len(find_inputs([photos / place], leave_out=None).inputs) == 4


def test_photos_of_the_same_name_in_another_folder_are_photos(photos: Path) -> None:
    for name in ("edited/a.jpg", "edited/B.png", "other/d.png", "damaged/a.png"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(encoded(photo()))
    for name in ("icons/home.png", "icons/dark/home.png"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(encoded(np.dstack([photo(), photo()[..., :1]])))
    (photos / "damaged/a.png").write_bytes(b"none")
    (photos / "other/d.png").write_bytes(encoded(photo()[..., 0]))
    assert len(names(photos)) == 10


def test_the_layout_is_kept(photos: Path, tmp_path: Path) -> None:
    made = plan(photos, output=tmp_path / "out")
    targets = [task.target.relative_to(tmp_path / "out").as_posix() for task in made.tasks]
    assert targets == ["B.png", "a.png", "sub/a.png", "sub/deep/c.png"]


def test_without_an_output_results_lie_beside_their_inputs(photos: Path) -> None:
    made = plan(photos / "a.jpg", photos / "sub/a.jpg", output=None)
    assert [task.target for task in made.tasks] == [
        photos / "a-cutout.png",
        photos / "sub/a-cutout.png",
    ]


@pytest.mark.parametrize("output", [None, "out"])
def test_two_inputs_of_one_stem_keep_their_suffix_in_the_name(
    photos: Path, output: str | None
) -> None:
    (photos / "a.png").write_bytes(b"another")
    where = photos.parent / output if output else None
    made = plan(photos / "a.jpg", photos / "a.png", photos / "B.PNG", output=where)
    called = ["a.jpg.png", "a.png.png", "B.png"]
    if where is None:
        called = ["a.jpg-cutout.png", "a.png-cutout.png", "B-cutout.png"]
    assert [task.target.name for task in made.tasks] == called
    assert made.renamed == made.tasks[:2]


def test_a_third_input_called_like_one_of_them_gives_way(photos: Path, tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg.webp"):
        (photos / name).write_bytes(b"another")
    made = plan(photos, output=tmp_path / "out")
    targets = [task.target.relative_to(tmp_path / "out").as_posix() for task in made.tasks]
    assert targets == [
        *("B.png", "a.jpg.png", "a.jpg.webp.png", "a.png.png", "sub/a.png", "sub/deep/c.png")
    ]


def test_one_name_from_two_folders_is_an_error_that_names_all_pairs(
    photos: Path, tmp_path: Path
) -> None:
    for name in ("sub/B.PNG", "sub/deep/a.jpg"):
        (photos / name).write_bytes(b"another")
    named = ("a.jpg", "B.PNG", "sub/a.jpg", "sub/B.PNG", "sub/deep/a.jpg")
    with pytest.raises(OutputError) as raised:
        plan(*(photos / name for name in named), output=tmp_path / "out")
    told = str(raised.value).replace(f"{tmp_path}/", "").replace("photos/", "")
    assert "a.jpg and sub/a.jpg and sub/deep/a.jpg would all be written to out/a.png" in told
    assert "B.PNG and sub/B.PNG would both be written to out/B.png; rename them" in told


def test_results_beside_their_inputs_are_not_cut_out_again(photos: Path) -> None:
    for name in ("a-cutout.png", "a-mask.webp", "B.PNG-cutout.jpg", "alone-mask.png"):
        (photos / name).write_bytes(b"result")
    found = find_inputs([photos], leave_out=None)
    assert [path.name for path, why in found.left_out if why != "no picture"] == [
        *("B.PNG-cutout.jpg", "a-cutout.png", "a-mask.webp")
    ]
    assert "alone-mask.png" in {one.path.name for one in found.inputs}
    named = find_inputs([photos / "a-cutout.png"], leave_out=None)
    assert len(named.inputs) == 1


def test_an_input_named_twice_is_done_once(photos: Path, tmp_path: Path) -> None:
    assert len(plan(photos, photos / "a.jpg", photos, output=tmp_path / "out").tasks) == 4


@pytest.mark.parametrize("existing", ["refuse", "skip", "replace"])
def test_an_input_is_never_an_output(photos: Path, tmp_path: Path, existing: Existing) -> None:
    (photos / "a.png").write_bytes(b"input")
    with pytest.raises(OutputError, match="is an input"):
        plan(photos / "a.png", output=photos, existing=existing)


def test_not_through_links_either(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").symlink_to(photos / "a.jpg")
    with pytest.raises(OutputError, match="is an input"):
        plan(photos / "a.jpg", output=out, existing="replace")
    (out / "a.png").unlink()
    (out / "a.png").hardlink_to(photos / "a.jpg")
    with pytest.raises(OutputError, match="is an input"):
        plan(photos / "a.jpg", output=out, existing="replace")


def test_other_files_that_are_read_are_safe_as_well(photos: Path, tmp_path: Path) -> None:
    sea = tmp_path / "a.png"
    sea.write_bytes(b"background")
    with pytest.raises(OutputError, match="is an input"):
        plan(photos / "a.jpg", output=tmp_path, existing="replace", read_only=[sea])


def test_the_manifest_is_neither_input_nor_output(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is an input"):
        plan(photos, output=tmp_path, existing="replace", manifest=photos / "a.jpg")
    with pytest.raises(OutputError, match="the manifest and an output"):
        plan(photos, output=tmp_path, manifest=tmp_path / "a.png")


@pytest.fixture
def half_done(photos: Path, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    (out / "sub/a.png").write_bytes(b"done")
    (out / "a.png").write_bytes(b"done")
    return out


def test_outputs_that_are_there_are_refused_with_both_ways_out(
    photos: Path, half_done: Path
) -> None:
    told = r"out/a\.png \(and 1 more\): exists; give --skip-existing or --overwrite"
    with pytest.raises(OutputError, match=told):
        plan(photos, output=half_done)


def test_they_are_skipped_or_replaced_when_told_so(photos: Path, half_done: Path) -> None:
    made = plan(photos, output=half_done, existing="skip")
    assert [task.source.name for task in made.tasks] == ["B.PNG", "c.webp"]
    assert [task.source.name for task in made.skipped] == ["a.jpg", "a.jpg"]
    assert len(plan(photos, output=half_done, existing="replace").tasks) == 4
