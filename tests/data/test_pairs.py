"""Folder layouts -> pairs."""

import pytest

from u2net.data.pairs import LAYOUTS, by_stem, find_pairs
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
        (["images/a.jpg", "masks/a_mask.png"], "the stems differ: image 'a', mask 'a_mask'"),
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
