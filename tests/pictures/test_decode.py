"""Files of every kind, whole, odd and broken."""

import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from made_pictures import (
    cmyk_profile,
    encoded,
    linear_grey_profile,
    oriented,
    photo,
    png_of,
    wide_rgb_profile,
)
from u2net.errors import ImageError, ImageTooLargeError, UnreadableImageError
from u2net.pictures.decode import decode, from_pillow
from u2net.pictures.limits import Limits

RGB = photo()
GREY = RGB[..., 0]
ALPHA = np.linspace(0, 255, RGB.shape[0] * RGB.shape[1]).reshape(RGB.shape[:2]).astype(np.uint8)
RGBA = np.dstack([RGB, ALPHA])
LEVELS = (np.arange(90 * 60, dtype=np.uint16) * 12).reshape(60, 90)

LOSSLESS = {
    "png": encoded(RGB),
    "webp": encoded(RGB, "WEBP", lossless=True),
    "tiff": encoded(RGB, "TIFF"),
    "tiff lzw": encoded(RGB, "TIFF", compression="tiff_lzw"),
    "bmp": encoded(RGB, "BMP"),
    "jpeg 2000": encoded(RGB, "JPEG2000"),
}
LOSSY = {
    "jpeg": encoded(RGB, "JPEG", quality=95, subsampling=0),
    "progressive jpeg": encoded(RGB, "JPEG", quality=95, subsampling=0, progressive=True),
    "avif": encoded(RGB, "AVIF", quality=95),
}
EVERY = LOSSLESS | LOSSY | {"gif": encoded(RGB, "GIF")}


@pytest.mark.parametrize("data", LOSSLESS.values(), ids=LOSSLESS)
def test_lossless_formats_come_back_as_they_were(data: bytes) -> None:
    found = decode(data)
    assert (found.rgb == RGB).all()
    assert (found.alpha, found.icc_profile, found.size_hw) == (None, None, (60, 90))


@pytest.mark.parametrize("data", LOSSY.values(), ids=LOSSY)
def test_lossy_formats_come_back_nearly(data: bytes) -> None:
    assert np.abs(decode(data).rgb.astype(int) - RGB).mean() < 4


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_comes_to_the_bit_as_from_pillow(
    subsampling: str, progressive: bool, orientation: int
) -> None:
    data = oriented(
        RGB, orientation, "JPEG", quality=80, subsampling=subsampling, progressive=progressive
    )
    expected = ImageOps.exif_transpose(Image.open(BytesIO(data)))
    assert (decode(data).rgb == np.asarray(expected)).all()


def test_a_plain_jpeg_is_not_decoded_by_pillow_for_that_takes_twice_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "load", None)
    assert decode(oriented(RGB, 6, "JPEG")).rgb.shape == RGB.shape


def palette(**options: Any) -> bytes:
    return encoded(Image.fromarray(RGB).quantize(8), **options)


MODES: dict[str, tuple[bytes, NDArray[np.uint8], NDArray[np.uint8] | None]] = {
    "rgba": (encoded(RGBA), RGB, ALPHA),
    "rgba webp": (encoded(RGBA, "WEBP", lossless=True, exact=True), RGB, ALPHA),
    "rgba tiff": (encoded(RGBA, "TIFF"), RGB, ALPHA),
    "opaque rgba": (encoded(np.dstack([RGB, np.full_like(GREY, 255)])), RGB, None),
    "grey": (encoded(GREY), np.dstack([GREY] * 3), None),
    "grey alpha": (
        encoded(Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(ALPHA)])),
        np.dstack([GREY] * 3),
        ALPHA,
    ),
    "16-bit grey": (
        encoded(LEVELS),
        np.dstack([np.rint(LEVELS / 257).astype(np.uint8)] * 3),
        None,
    ),
    "16-bit grey tiff": (
        encoded(LEVELS, "TIFF"),
        np.dstack([np.rint(LEVELS / 257).astype(np.uint8)] * 3),
        None,
    ),
    "one bit": (
        encoded(Image.fromarray(GREY > 90)),
        np.dstack([(GREY > 90) * np.uint8(255)] * 3),
        None,
    ),
    "palette": (palette(), np.asarray(Image.fromarray(RGB).quantize(8).convert("RGB")), None),
    "one colour transparent": (
        encoded(RGB, transparency=tuple(int(v) for v in RGB[7, 9])),
        RGB,
        np.where((RGB[7, 9] == RGB).all(axis=-1), 0, 255).astype(np.uint8),
    ),
}


@pytest.mark.parametrize(("data", "rgb", "alpha"), MODES.values(), ids=MODES)
def test_every_mode_becomes_rgb_and_alpha(
    data: bytes, rgb: NDArray[np.uint8], alpha: NDArray[np.uint8] | None
) -> None:
    found = decode(data)
    assert (found.rgb == rgb).all()
    assert (found.alpha is None) == (alpha is None)
    assert alpha is None or (found.alpha == alpha).all()


def test_a_palette_with_transparency_gives_its_alpha() -> None:
    indices = np.asarray(Image.fromarray(RGB).quantize(8))
    hidden = int(indices[0, 0])
    found = decode(palette(transparency=hidden))
    assert found.alpha is not None
    assert ((found.alpha == 0) == (indices == hidden)).all()


def test_sixteen_bits_a_channel_are_scaled() -> None:
    import cv2

    deep = np.dstack([LEVELS, LEVELS[::-1], LEVELS[:, ::-1]])
    _, data = cv2.imencode(".png", deep[..., ::-1])
    assert np.abs(decode(data.tobytes()).rgb - deep / 257).max() <= 1


def test_grey_of_twelve_bits_reaches_white() -> None:
    tags = {256: 2, 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 3}
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags.items())
    black_and_white = bytes([0x00, 0x0F, 0xFF])
    start = struct.pack("<2sHI3sx", b"II", 42, 12, black_and_white)
    data = start + struct.pack("<H", len(tags)) + entries + bytes(4)
    assert decode(data).rgb[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_turn_is_applied(orientation: int, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    assert (decode(oriented(RGB, orientation, kind, **options)).rgb == RGB).all()


def test_alpha_turns_with_the_colours() -> None:
    found = decode(oriented(RGBA, 6))
    assert (found.rgb == RGB).all()
    assert (found.alpha == ALPHA).all()


def test_damaged_exif_is_no_reason_to_refuse_the_picture() -> None:
    data = encoded(RGB, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert decode(data).size_hw == (60, 90)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_a_wide_rgb_profile_is_kept(kind: str) -> None:
    profile = wide_rgb_profile()
    assert decode(encoded(RGB, kind, icc_profile=profile)).icc_profile == profile


def test_a_profile_that_does_not_fit_is_dropped() -> None:
    assert decode(encoded(RGB, icc_profile=b"nonsense" * 40)).icc_profile is None
    assert decode(encoded(RGB, icc_profile=cmyk_profile())).icc_profile is None


def test_cmyk_goes_through_its_profile_to_srgb() -> None:
    inks = Image.fromarray(RGB).convert("CMYK")
    found = decode(encoded(inks, "TIFF", icc_profile=cmyk_profile()))
    srgb = ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(inks, BytesIO(cmyk_profile()), srgb, outputMode="RGB")
    assert found.icc_profile is None
    assert (found.rgb == np.asarray(expected)).all()
    assert (found.rgb != np.asarray(inks.convert("RGB"))).any()


def test_cmyk_without_profile_is_converted_plainly() -> None:
    inks = Image.fromarray(RGB).convert("CMYK")
    assert (decode(encoded(inks, "TIFF")).rgb == np.asarray(inks.convert("RGB"))).all()


def test_grey_goes_through_its_profile_to_srgb() -> None:
    found = decode(encoded(GREY, icc_profile=linear_grey_profile()))
    assert found.icc_profile is None
    assert (found.rgb.mean(axis=-1) >= GREY).all()
    assert found.rgb.mean() > GREY.mean() + 30


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert (decode(data).rgb == RGB).all()


@pytest.mark.parametrize(
    "levels",
    [
        np.zeros((4, 4), np.int32),
        np.full((4, 4), 1.5, np.float32),
        np.full((4, 4), -0.1, np.float32),
        np.full((4, 4), np.nan, np.float32),
    ],
    ids=["int", "above 1", "below 0", "no number"],
)
def test_grey_without_a_fixed_white_is_refused_by_name(levels: NDArray[Any]) -> None:
    with pytest.raises(UnreadableImageError, match=r"^depth\.tif: .*no fixed white"):
        decode(encoded(levels, "TIFF"), name="depth.tif")


@pytest.mark.parametrize("data", EVERY.values(), ids=EVERY)
def test_a_file_cut_off_is_an_error_or_whole(data: bytes) -> None:
    whole = decode(data).rgb
    for length in {0, 1, 9, *range(20, len(data), max(1, len(data) // 40)), len(data) - 1}:
        try:
            part = decode(data[:length])
        except ImageError:
            continue
        assert (part.rgb == whole).all()


def test_a_cut_jpeg_is_refused_by_name_in_one_line() -> None:
    with pytest.raises(UnreadableImageError, match=r"^sea\.jpg: damaged or cut off .*\Z"):
        decode(LOSSY["jpeg"][:-300], name="sea.jpg")


@settings(max_examples=150)
@given(st.sampled_from(sorted(EVERY)), st.data())
def test_bytes_changed_at_random_raise_nothing_foreign(kind: str, data: st.DataObject) -> None:
    broken = bytearray(EVERY[kind])
    places = st.integers(0, len(broken) - 1) | st.integers(0, 60)
    for place, value in data.draw(st.dictionaries(places, st.integers(0, 255), max_size=6)).items():
        broken[place] = value
    try:
        found = decode(bytes(broken))
    except ImageError:
        return
    assert found.rgb.shape == (*found.size_hw, 3)


@pytest.mark.parametrize("data", [b"", b"GIF", b"just some text", bytes(500), b"%PDF-1.7 ..."])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"^notes\.png: "):
        decode(data, name="notes.png")


def test_a_picture_that_declares_too_much_is_refused_without_memory() -> None:
    bomb = png_of(struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0), b"")
    tracemalloc.start()
    with pytest.raises(ImageTooLargeError, match=r"^bomb\.png: 60000×60000"):
        decode(bomb, name="bomb.png")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_limit_can_be_set() -> None:
    enough = Limits(pixels=60 * 90, side=90, memory_bytes=60 * 90 * 24)
    assert decode(EVERY["png"], limits=enough).size_hw == (60, 90)
    for less in ({"pixels": 60 * 90 - 1}, {"side": 89}, {"memory_bytes": 60 * 90 * 24 - 1}):
        with pytest.raises(ImageTooLargeError, match="the limit of"):
            decode(EVERY["png"], limits=replace(enough, **less))


@pytest.mark.parametrize(
    "data",
    [encoded(photo(), "GIF")[:40], encoded(photo(40, 30), "JPEG2000")[:100]],
    ids=["gif", "jpeg 2000"],
)
def test_what_is_wrong_with_a_picture_is_not_said_in_the_words_of_code(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match=r"^a: damaged or cut off; get a whole copy"):
        decode(data, name="a")


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "bmp", "avif"])
def test_pillow_does_not_warn_of_large_pictures(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 60 * 90 - 1)
    assert decode(EVERY[kind]).size_hw == (60, 90)


@pytest.mark.parametrize("orientation", [1, 6])
def test_for_a_mask_a_jpeg_may_come_smaller(orientation: int) -> None:
    large = photo(800, 1200)
    found = decode(oriented(large, orientation, "JPEG"), at_least=200)
    assert found.rgb.shape == (200, 300, 3)
    assert found.size_hw == (800, 1200)


@pytest.mark.parametrize("make", [Image.fromarray, lambda a: Image.fromarray(a).convert("P")])
def test_a_pillow_image_is_taken_and_left_alone(make: Callable[..., Image.Image]) -> None:
    image = make(RGB)
    before = (image.mode, image.size, image.tobytes())
    assert (from_pillow(image).rgb == np.asarray(image.convert("RGB"))).all()
    assert (image.mode, image.size, image.tobytes()) == before


def test_a_pillow_image_cut_off_is_an_error() -> None:
    with pytest.raises(UnreadableImageError):
        from_pillow(Image.open(BytesIO(LOSSY["jpeg"][:-200])))
