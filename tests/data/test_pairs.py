"""Folder layouts -> pairs."""

import os
from pathlib import Path

import pytest

from u2net.data.layouts import LAYOUTS
from u2net.data.listing import by_stem
from u2net.data.pairs import find_pairs
from u2net.errors import DatasetError


def fill(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize("layout", LAYOUTS, ids="+".join)
def test_every_layout_gives_its_pairs(tmp_path, layout):
    images, masks = layout
    fill(tmp_path, f"{images}/b.jpg", f"{images}/a.jpg", f"{masks}/a.png", f"{masks}/b.png")
    found = find_pairs(tmp_path)
    assert [(p.stem, p.image.name, p.mask.name) for p in found.pairs] == [
        ("a", "a.jpg", "a.png"),
        ("b", "b.jpg", "b.png"),
    ]
    assert [name.lower() for name in found.layout] == [name.lower() for name in layout]


def test_case_of_folders_and_suffixes_does_not_matter(tmp_path):
    assert find_pairs(fill(tmp_path, "Imgs/a.JPG", "GT/a.PNG")).pairs[0].stem == "a"


def test_masks_come_before_soft_maps(tmp_path):
    fill(tmp_path, "images/a.webp", "masks/a.png", "soft/a.webp")
    assert find_pairs(tmp_path).layout == ("images", "masks")


def test_what_has_no_partner_is_named_on_both_sides(tmp_path):
    found = find_pairs(fill(tmp_path, "images/a.jpg", "images/b.jpg", "masks/b.png", "masks/c.png"))
    assert (found.images_alone, found.masks_alone) == (("a",), ("c",))


def test_folders_below_are_part_of_the_stem_and_hidden_files_are_not(tmp_path):
    fill(tmp_path, "images/x/a.jpg", "masks/x/a.png", "images/.a.jpg", "images/Thumbs.db")
    assert [p.stem for p in find_pairs(tmp_path).pairs] == ["x/a"]


def test_a_stem_with_dots_keeps_them(tmp_path):
    assert find_pairs(fill(tmp_path, "images/a.b.jpg", "masks/a.b.png")).pairs[0].stem == "a.b"


def test_a_list_file_names_its_pairs(tmp_path):
    fill(tmp_path, "photo one.jpg", "one.png")
    (tmp_path / "set.txt").write_text("# photos\nphoto one.jpg\tone.png\n\nm/2.jpg m/2.png\n")
    found = find_pairs(tmp_path / "set.txt")
    assert found.name == "set"
    assert [(p.stem, p.mask) for p in found.pairs] == [
        ("photo one", tmp_path / "one.png"),
        ("m/2", tmp_path / "m/2.png"),
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no layout"),
        (["images/a.jpg"], "no layout"),
        (["images/a.jpg", "masks/readme.txt"], "1 images, 0 masks"),
        (["images/a.jpg", "masks/a1.png"], "the stems differ: image 'a', mask 'a1'"),
        (["images/a.jpg", "images/a.png", "masks/a.png"], "claim one stem"),
    ],
)
def test_a_folder_that_is_no_data_set_is_refused(tmp_path, names, message):
    with pytest.raises(DatasetError, match=message):
        find_pairs(fill(tmp_path, *names))


@pytest.mark.parametrize("text", ["", "a.jpg\n", "a b c\n"])
def test_a_list_file_that_lists_no_pairs_is_refused(tmp_path, text):
    (tmp_path / "set.txt").write_text(text)
    with pytest.raises(DatasetError, match="set"):
        find_pairs(tmp_path / "set.txt")


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no such folder"):
        find_pairs(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="no such folder"):
        by_stem(tmp_path / "nowhere")


def pairs_of(place):
    return [(pair.stem, pair.mask.name) for pair in find_pairs(place).pairs]


def test_two_files_one_pair_and_a_suffix_behind_the_masks_stem(tmp_path):
    fill(tmp_path, "train/a_01.jpg", "train_masks/a_01_mask.gif")
    assert pairs_of(tmp_path) == [("a_01", "a_01_mask.gif")]


def test_images_and_masks_may_lie_in_one_folder_told_apart_by_a_suffix(tmp_path):
    fill(tmp_path, "a.png", "a_mask.png", "b.png", "b_mask.png")
    assert pairs_of(tmp_path) == [("a", "a_mask.png"), ("b", "b_mask.png")]


@pytest.mark.parametrize("below", ["DUTS-TE", "unpacked/DUTS-TE"])
def test_the_only_set_below_a_folder_is_found(tmp_path, below):
    fill(tmp_path, f"{below}/DUTS-TE-Image/a.jpg", f"{below}/DUTS-TE-Mask/a.png", "readme.txt")
    assert pairs_of(tmp_path) == [("a", "a.png")]
    assert find_pairs(tmp_path).name == "DUTS-TE"


def test_archives_unpacked_into_folders_of_their_names_are_gone_into(tmp_path):
    fill(tmp_path, "DUT-OMRON-image/DUT-OMRON-image/a.jpg")
    fill(tmp_path, "DUT-OMRON-gt-pixelwise/pixelwiseGT-new-PNG/a.png")
    assert pairs_of(tmp_path) == [("a", "a.png")]


def test_several_sets_below_a_folder_are_named(tmp_path):
    fill(tmp_path, "DUTS/im_aug/a.jpg", "DUTS/gt_aug/a.png", "b/images/a.jpg", "b/masks/a.png")
    with pytest.raises(DatasetError, match=r"several data sets \(DUTS, b\); name one"):
        find_pairs(tmp_path)


def test_halves_of_a_set_are_named_one_by_one_and_not_used_together(tmp_path):
    for half, stem in (("train", "a"), ("val", "b")):
        fill(tmp_path, f"set/images/{half}/{stem}.jpg", f"set/masks/{half}/{stem}.png")
    assert pairs_of(tmp_path / "set/train") == [("a", "a.png")]
    assert find_pairs(tmp_path / "set/val").name == "set/val"
    with pytest.raises(DatasetError, match=r"set/train or .*set/val"):
        find_pairs(tmp_path / "set")


def test_a_half_of_a_soft_set_is_soft(tmp_path):
    fill(tmp_path, "set/images/train/a.jpg", "set/soft/train/a.png")
    found = find_pairs(tmp_path / "set/train")
    assert found.soft
    assert found.taught


def test_images_and_masks_may_be_named_apart(tmp_path):
    fill(tmp_path, "photos/a.jpg", "elsewhere/truth/a.png")
    found = find_pairs(Path(f"{tmp_path}/photos:{tmp_path}/elsewhere/truth"))
    assert [(p.stem, p.mask.name) for p in found.pairs] == [("a", "a.png")]
    assert found.name == "photos"


def test_a_drive_letter_is_no_folder_of_images(tmp_path, monkeypatch):
    fill(tmp_path, "C:/photos/a.jpg", "D:/gt/a.png")
    monkeypatch.chdir(tmp_path)
    assert pairs_of(Path("C:/photos:D:/gt")) == [("a", "a.png")]


def test_the_message_names_the_layouts_it_knows(tmp_path):
    with pytest.raises(DatasetError, match=r"SegmentationClass.*im_aug \+ gt_aug") as caught:
        find_pairs(fill(tmp_path, "pictures/a.jpg"))
    assert "\n" not in str(caught.value)


def test_a_folder_that_fits_by_name_only_gives_way_to_one_that_holds_the_masks(tmp_path):
    fill(tmp_path, "images/a.jpg", "masks/other.png", "labels/a.png")
    assert find_pairs(tmp_path).layout == ("images", "labels")


def test_folders_whose_names_differ_in_case_alone_are_both_read(tmp_path):
    fill(tmp_path, "images/X/a.jpg", "images/x/b.jpg", "masks/X/a.png", "masks/x/b.png")
    assert [stem for stem, _ in pairs_of(tmp_path)] == ["X/a", "x/b"]


def test_a_pipe_is_named_and_not_waited_on(tmp_path):
    fill(tmp_path, "images/a.jpg", "masks/a.png")
    os.mkfifo(tmp_path / "images/z.jpg")
    with pytest.raises(DatasetError, match=r"z\.jpg: no file but a pipe"):
        find_pairs(tmp_path)


def test_a_flat_folder_is_read_once_and_its_files_are_not_looked_at_one_by_one(
    tmp_path, monkeypatch
):
    for number in range(200):
        fill(tmp_path, f"{number}.jpg", f"{number}.png")
    scanned, looked_at = [], []
    scandir, status = os.scandir, os.stat
    monkeypatch.setattr(os, "scandir", lambda folder: scanned.append(folder) or scandir(folder))
    monkeypatch.setattr(os, "stat", lambda *a, **k: looked_at.append(a) or status(*a, **k))
    assert len(find_pairs(tmp_path).pairs) == 200
    assert len(scanned) == 1
    assert len(looked_at) < 10
