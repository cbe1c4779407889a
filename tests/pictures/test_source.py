"""Whatever callers hold a picture in."""

import gzip
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from made_pictures import encoded, photo
from u2net.errors import ImageTooLargeError, UnreadableImageError
from u2net.pictures.limits import Limits
from u2net.pictures.source import photo_of, read

RGB = photo()


def test_all_ways_to_hold_a_picture_give_the_same_photo(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(RGB))
    ways = (path, str(path), path.read_bytes(), bytearray(path.read_bytes()), RGB)
    images = (Image.open(path), Image.fromarray(RGB))
    with (
        path.open("rb") as file,
        path.open("rb", buffering=0) as plain,
        tempfile.NamedTemporaryFile() as upload,
    ):
        upload.write(path.read_bytes())
        upload.seek(0)
        for way in (*ways, *images, file, plain, upload, io.BytesIO(path.read_bytes())):
            assert (photo_of(way).rgb == RGB).all()


def test_a_stream_of_text_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a stream of str, not of bytes"):
        photo_of(io.StringIO("text"))  # type: ignore[arg-type]


def test_a_compressed_stream_cut_off_is_an_error_of_ours() -> None:
    cut = io.BytesIO(gzip.compress(encoded(RGB))[:500])
    with gzip.open(cut) as stream, pytest.raises(UnreadableImageError, match="cannot be read"):
        photo_of(stream)


def test_a_pillow_image_without_pixels_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="no pixels"):
        photo_of(Image.new("RGBA", (0, 5)))


def test_a_damaged_stream_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(encoded(RGB)[:100])
    with path.open("rb") as file, pytest.raises(UnreadableImageError, match=r"cut\.png: damaged"):
        photo_of(file)


def test_grey_and_rgba_arrays_are_understood() -> None:
    grey = photo_of(RGB[..., 0])
    assert (grey.rgb == RGB[..., :1]).all()
    own = np.dstack([RGB, RGB[..., 0]])
    assert (photo_of(own).rgb == RGB).all()
    found = photo_of(own).alpha
    assert found is not None
    assert (found == RGB[..., 0]).all()


@pytest.mark.parametrize(
    "array",
    [
        RGB.astype(np.float32),
        RGB[..., :2],
        RGB[None],
        RGB[:0],
        RGB.transpose(2, 0, 1),
        np.zeros(7, np.uint8),
    ],
    ids=["float", "two channels", "batch", "empty", "channels first", "a line"],
)
def test_other_arrays_are_a_value_error(array: Any) -> None:
    with pytest.raises(ValueError, match=r"uint8 array in RGB order"):
        photo_of(array)


@pytest.mark.parametrize("thing", [None, 3, [RGB]])
def test_other_things_are_a_type_error(thing: Any) -> None:
    with pytest.raises(TypeError, match="a picture is a path, bytes"):
        photo_of(thing)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.jpg", r"missing\.jpg: no such file; check the name"),
        (".", r"\.: cannot be read \(Is a directory\); check what it is"),
        ("x" * 300, r"xx: cannot be read \(File name too long\)"),
        ("a\0b", r"'a\\x00b': cannot be read .*; check the name"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, message: str) -> None:
    with pytest.raises(UnreadableImageError, match=message + r".*\Z"):
        read(Path(name))


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ImageTooLargeError, match="huge"):
        read(tmp_path / "huge.png")


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="pipes have no name here")
def test_a_pipe_that_does_not_end_is_left() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, bytes(1500))
    os.close(theirs)
    with pytest.raises(ImageTooLargeError, match="more than the limit of 1,000 bytes"):
        photo_of(f"/dev/fd/{ours}", limits=Limits(file_bytes=1000))
    os.close(ours)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableImageError, match=r"pipe\.jpg: a named pipe, not a file"):
        photo_of(tmp_path / "pipe.jpg")
