"""Files of several frames or pages, read and written."""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from made_pictures import encoded, photo, png_chunk
from u2net.errors import ImageTooLargeError, OutputError, UnreadableImageError
from u2net.pictures.animation import FRAME_FORMATS, encode_frames
from u2net.pictures.decode import decode
from u2net.pictures.frames import frames_of
from u2net.pictures.limits import Limits
from u2net.pictures.source import photo_of

RGB = photo()
FRAMES = [np.roll(RGB, 9 * at, axis=1) for at in range(4)]
ALPHA = np.where(RGB[..., 0] > 90, 255, 0).astype(np.uint8)
CUT_OUTS = [np.dstack([np.where(ALPHA[..., None], frame, 0), ALPHA]) for frame in FRAMES]
DURATIONS = [100.0, 200.0, 50.0, 80.0]


def apart(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff"])
def test_frames_come_back_as_they_were_written(kind: str) -> None:
    data = encode_frames(FRAMES, kind, durations=DURATIONS)
    found = list(frames_of(data))
    assert len(found) == 4
    for (shown, duration), frame, meant in zip(found, FRAMES, DURATIONS, strict=True):
        assert apart(shown.rgb, frame) < (4 if kind == "gif" else 1e-9)
        assert (shown.alpha, shown.size_hw, shown.frames) == (None, (60, 90), 4)
        assert duration == (None if kind == "tiff" else meant)


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff"])
def test_cut_outs_move_without_leaving_traces(kind: str) -> None:
    moving = [np.roll(cut, 9 * at, axis=1) for at, cut in enumerate(CUT_OUTS)]
    for found, frame in zip(frames_of(encode_frames(moving, kind)), moving, strict=True):
        assert found.photo.alpha is not None
        assert (found.photo.alpha == frame[..., 3]).all()
        shown = frame[..., 3] > 0
        assert apart(found.photo.rgb[shown], frame[..., :3][shown]) < (4 if kind == "gif" else 1e-9)


def test_masks_become_frames_too() -> None:
    masks = [frame[..., 0] for frame in FRAMES]
    for kind in FRAME_FORMATS:
        for found, mask in zip(frames_of(encode_frames(masks, kind)), masks, strict=True):
            assert (found.photo.rgb == mask[..., None]).all()


def test_the_photo_says_how_many_frames_the_file_holds(shared: Path) -> None:
    assert photo_of(shared / "cases" / "anim3.gif").frames == 3
    assert photo_of(shared / "cases" / "pages3.tiff").frames == 3
    assert photo_of(shared / "cases" / "photo.jfif").frames == 1
    assert len(list(frames_of(shared / "cases" / "anim3.gif"))) == 3
    assert len(list(frames_of(shared / "cases" / "pages3.tiff"))) == 3


def test_a_picture_in_front_of_an_animation_is_no_frame_of_it() -> None:
    images = [Image.fromarray(frame) for frame in FRAMES]
    data = encoded(images[0], save_all=True, append_images=images[1:], default_image=True)
    assert (decode(data).rgb == FRAMES[0]).all()
    assert decode(data).frames == 3
    found = [frame.photo.rgb for frame in frames_of(data)]
    assert [(a == b).all() for a, b in zip(found, FRAMES[1:], strict=True)] == [True] * 3


def test_smaller_copies_of_a_page_are_no_pages() -> None:
    images = [Image.fromarray(frame) for frame in (FRAMES[0], FRAMES[0][::4, ::4], FRAMES[1])]
    images[1].encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    data = encoded(images[0], "TIFF", save_all=True, append_images=images[1:])
    found = [frame.photo for frame in frames_of(data)]
    assert [photo.frames for photo in found] == [2, 2]
    assert (found[1].rgb == FRAMES[1]).all()


def test_pages_may_differ_in_size_and_each_keeps_to_the_limits() -> None:
    data = encode_frames([FRAMES[0], FRAMES[1][:30], np.zeros((200, 90), np.uint8)], "tiff")
    assert [frame.photo.size_hw for frame in frames_of(data)] == [(60, 90), (30, 90), (200, 90)]
    found = frames_of(data, limits=Limits(side=100))
    assert [next(found).photo.size_hw, next(found).photo.size_hw] == [(60, 90), (30, 90)]
    with pytest.raises(ImageTooLargeError):
        next(found)


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff"])
def test_a_file_cut_off_in_its_frames_is_an_error(kind: str) -> None:
    data = encode_frames(FRAMES, kind)
    for length in (len(data) // 3, len(data) // 2, len(data) - 300):
        with pytest.raises(UnreadableImageError, match="damaged"):
            list(frames_of(data[:length]))


def test_a_later_frame_that_lacks_lines_is_an_error() -> None:
    data = encode_frames(FRAMES, "png")
    start = data.index(b"fdAT") - 4
    size = int.from_bytes(data[start : start + 4], "big")
    frame = data[start + 8 : start + 8 + size]
    short = data[:start] + png_chunk(b"fdAT", frame[: size // 2]) + data[start + 12 + size :]
    with pytest.raises(UnreadableImageError, match="damaged"):
        list(frames_of(short))


@pytest.mark.parametrize("source", [RGB, encoded(RGB, "JPEG"), Image.fromarray(RGB)])
def test_one_picture_is_one_frame(source: NDArray[np.uint8] | bytes | Image.Image) -> None:
    (frame,) = frames_of(source)
    assert (frame.photo.size_hw, frame.duration_ms) == ((60, 90), None)


def test_a_pillow_image_stands_where_it_stood() -> None:
    image = Image.open(BytesIO(encode_frames(FRAMES, "gif", durations=DURATIONS)))
    image.seek(2)
    assert [frame.duration_ms for frame in frames_of(image)] == DURATIONS
    assert image.tell() == 2
    assert photo_of(image).frames == 4
    assert image.tell() == 2


def test_between_frames_the_warnings_of_the_caller_are_heard() -> None:
    found = frames_of(encode_frames(FRAMES, "png"))
    next(found)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warnings.warn("mine", stacklevel=1)
        next(found)
    assert [str(warning.message) for warning in seen] == ["mine"]


def test_what_cannot_be_written_as_frames_is_said() -> None:
    with pytest.raises(OutputError, match="jpg holds one picture; use gif, png, webp, tiff"):
        encode_frames(FRAMES, "jpg")
    with pytest.raises(OutputError, match="no frames"):
        encode_frames([], "gif")
    with pytest.raises(OutputError, match="have one size"):
        encode_frames([RGB, RGB[:30]], "webp")
    with pytest.raises(OutputError, match="cannot hold frames of 90000×1"):
        encode_frames([np.zeros((1, 90_000, 3), np.uint8)] * 2, "webp")
