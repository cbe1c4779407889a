"""Planes beside the colours, such as depth."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import u2net
from made_pictures import photo
from u2net.data.channels import channels_of, photo_at, read_channel, scaled, with_channels
from u2net.errors import DatasetError, UnfitImageError
from u2net.pictures.photo import Photo
from u2net.preprocess import input_of
from u2net.remover import Remover
from u2net.weights.card import Card

CARD = Card(
    name="rgbd", size_hw=(60, 90), mean=(0.0,) * 3 + (0.5,), std=(1.0,) * 3 + (0.25,),
    divide_by_max=False, extra=("depth",),
)  # fmt: skip
DEPTH = np.add.outer(np.arange(60), np.arange(90)).astype(np.uint16) * 60


def write(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@given(st.sampled_from(["uint8", "uint16", "int32", "float32"]), st.integers(1, 255))
def test_a_plane_is_a_part_of_its_own_maximum(kind: str, highest: int) -> None:
    levels = np.linspace(0, highest, 12).reshape(3, 4).astype(kind)
    expected = np.rint(levels.astype(float) * 255 / levels.max()) if levels.any() else levels
    assert (scaled(levels) == expected).all()


def test_sixteen_bits_and_floats_keep_their_shape_in_a_file(tmp_path: Path) -> None:
    for name, plane in (("a.png", DEPTH), ("b.tiff", DEPTH), ("c.tiff", DEPTH.astype(np.float32))):
        assert (read_channel(write(tmp_path / name, plane)) == scaled(DEPTH)).all()


@pytest.mark.parametrize(
    ("image", "plane"),
    [
        ("images/a.jpg", "depth/a.png"),
        ("images/a.jpg", "depth/a.TIFF"),
        ("images/train/a.b.jpg", "depth/train/a.b.png"),
        ("images/train/a.jpg", "images/depth/a.png"),
    ],
)
def test_a_plane_lies_in_a_folder_beside_that_of_the_pictures(
    image: str, plane: str, tmp_path: Path
) -> None:
    write(tmp_path / image, photo())
    write(tmp_path / plane, DEPTH)
    assert channels_of(tmp_path / image, ["depth"]) == (tmp_path / plane,)


def test_a_plane_that_is_not_there_is_missed_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "images/a.jpg", photo())
    with pytest.raises(DatasetError, match=r"no folder depth beside .*images"):
        channels_of(path, ["depth"])
    write(tmp_path / "depth/b.png", DEPTH)
    with pytest.raises(DatasetError, match=r"has no depth for .*a\.jpg; add a\.png"):
        channels_of(path, ["depth"])


def test_a_plane_of_another_size_is_refused_in_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "images/a.jpg", photo())
    write(tmp_path / "depth/a.png", DEPTH[:30])
    with pytest.raises(DatasetError, match=r"a\.png: 90×30 pixels, its picture 90×60"):
        photo_at(path, ["depth"])
    with pytest.raises(UnfitImageError, match="same size"):
        with_channels(path, DEPTH[:30])


@pytest.mark.parametrize("extra", ["unspecified", "unassalpha"])
@pytest.mark.parametrize("bits", [8, 16])
def test_the_fourth_sample_of_a_tiff_is_a_plane(extra: str, bits: int, tmp_path: Path) -> None:
    samples = np.dstack([photo(), scaled(DEPTH)])
    if bits == 16:
        samples = samples.astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric="rgb", extrasamples=[extra])
    seen = photo_at(tmp_path / "a.tif", ["depth"])
    assert seen.alpha is None
    assert (seen.rgb == photo()).all()
    assert seen.extra is not None
    assert (seen.extra[:, :, 0] == scaled(DEPTH)).all()
    write(tmp_path / "b.tif", photo())
    with pytest.raises(DatasetError, match="no fourth sample"):
        photo_at(tmp_path / "b.tif", ["depth"])


def test_the_network_sees_planes_behind_the_colours() -> None:
    seen = input_of(u2net.with_channels(photo(), DEPTH), CARD)
    assert np.allclose(seen[:3], photo().transpose(2, 0, 1) / 255)
    assert np.allclose(seen[3], scaled(DEPTH) / 255 * 4 - 2, atol=1e-6)


def test_a_photo_without_what_the_network_sees_is_refused() -> None:
    with pytest.raises(UnfitImageError, match="rgbd: sees depth beside the colours"):
        input_of(Photo(rgb=photo(), size_hw=(60, 90)), CARD)
    with pytest.raises(UnfitImageError, match="lite: sees colours alone"):
        Remover("lite").mask(with_channels(photo(), DEPTH))
