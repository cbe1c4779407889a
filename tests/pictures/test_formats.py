"""Files are known by what they hold."""

import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from made_pictures import encoded, photo, png_chunk, psd_of, rare, tiff_of
from u2net.errors import ImageTooLargeError, UnreadableImageError
from u2net.pictures.decode import decode
from u2net.pictures.formats import HEAD, SUFFIXES, looks_like_picture, recognise
from u2net.pictures.source import photo_of

RGB = photo()
READ = {
    "JPEG": encoded(RGB, "JPEG"),
    "PNG": encoded(RGB),
    "WebP": encoded(RGB, "WEBP"),
    "TIFF": encoded(RGB, "TIFF"),
    "BMP": encoded(RGB, "BMP"),
    "GIF": encoded(RGB, "GIF"),
    "JPEG 2000": encoded(RGB, "JPEG2000"),
    "AVIF": encoded(RGB, "AVIF"),
}
RARE = rare(RGB)
FILES = [(kind, data) for kind, many in RARE.items() for data in many]


@pytest.mark.parametrize("kind", READ)
def test_a_file_is_known_by_its_start_whatever_it_is_called(kind: str, tmp_path: Path) -> None:
    found = recognise(READ[kind][:HEAD])
    assert found is not None
    assert found.name == kind
    assert looks_like_picture(READ[kind][:HEAD])
    for name in ("photo", "photo.txt", "photo.jfif"):
        (tmp_path / name).write_bytes(READ[kind])
        assert photo_of(tmp_path / name).size_hw == RGB.shape[:2]


def test_the_list_of_suffixes_has_every_kind_that_is_read() -> None:
    common = ".jpg .jpeg .jpe .jfif .png .webp .tif .tiff .bmp .gif .jp2 .j2k .avif .heic .heif"
    assert set(common.split()) <= SUFFIXES


@pytest.mark.parametrize(("kind", "data"), FILES, ids=[kind for kind, _ in FILES])
def test_formats_that_few_use_are_read_whatever_they_are_called(
    kind: str, data: bytes, tmp_path: Path
) -> None:
    found = recognise(data[:HEAD])
    assert found is not None
    assert found.name == kind
    (tmp_path / "photo.txt").write_bytes(data)
    read = photo_of(tmp_path / "photo.txt")
    with Image.open(BytesIO(data)) as by_pillow:
        assert read.size_hw == by_pillow.size[::-1]
        if by_pillow.mode in ("RGB", "P"):
            assert (read.rgb == np.asarray(by_pillow.convert("RGB"))).all()
        assert (read.alpha is not None) == (by_pillow.mode == "RGBA")


@pytest.mark.parametrize(("kind", "data"), FILES, ids=[kind for kind, _ in FILES])
def test_formats_that_few_use_are_refused_where_they_are_cut_off(kind: str, data: bytes) -> None:
    behind = {"TGA": 100, "DCX": len(data) // 2}.get(kind, 0)
    for length in np.linspace(30, len(data) - behind - 9, 40).astype(int):
        with pytest.raises(UnreadableImageError, match=r"damaged|no picture|not among"):
            decode(data[:length])


def test_levels_of_netpbm_are_scaled_by_their_own_white() -> None:
    shallow = b"P5 3 1 100\n" + bytes([0, 50, 100])
    deep = b"P6 1 1 65535\n" + np.array([0, 32768, 65535], ">u2").tobytes()
    written = b"P2 3 1 1000\n0 500 1000\n"
    assert decode(shallow).rgb[0, :, 0].tolist() == [0, 128, 255]
    assert decode(deep).rgb[0, 0].tolist() == [0, 128, 255]
    assert decode(written).rgb[0, :, 0].tolist() == [0, 128, 255]


def test_what_is_read_a_pixel_at_a_time_is_refused_where_it_would_take_minutes() -> None:
    for head in (b"P3 9000 9000 255\n1 2 3", b"qoif\0\0\x23\x28\0\0\x23\x28\3\0" + bytes(30)):
        with pytest.raises(ImageTooLargeError, match=r"9000×9000 .* 4,000,000 are read"):
            decode(head)


def test_the_picture_inside_an_icon_is_checked_as_any_other() -> None:
    damaged = bytearray(RARE["ICO"][0])
    damaged[-20] ^= 1
    with pytest.raises(UnreadableImageError, match="checksum"):
        decode(bytes(damaged))
    vast = bytes.fromhex("89504e470d0a1a0a") + png_chunk(
        b"IHDR", (60_000).to_bytes(4, "big") * 2 + b"\x08\2\0\0\0"
    )
    vast += png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b"")
    entry = b"\x10\x10\0\0\1\0\x20\0" + len(vast).to_bytes(4, "little") + (22).to_bytes(4, "little")
    with pytest.raises(ImageTooLargeError, match="60000×60000"):
        decode(b"\0\0\1\0\1\0" + entry + vast)


def test_of_photoshop_the_picture_of_all_layers_is_read_or_its_lack_is_said() -> None:
    rgba = np.dstack([RGB, RGB[..., 0]])
    assert decode(psd_of(rgba)).alpha is None  # a selection
    assert (decode(psd_of(rgba, clear=True)).alpha == RGB[..., 0]).all()
    with pytest.raises(UnreadableImageError, match="save it with maximum compatibility"):
        decode(psd_of(RGB, merged=False))


OTHER_PICTURES = {
    "large photoshop": b"8BPS\0\2" + bytes(20),
    "jpeg xl": b"\xff\x0a" + bytes(30),
    "raw photo": b"\0\0\0\x18ftypcrx \0\0\0\1",
    "pam": b"P7\nWIDTH 3\nHEIGHT 2\n",
    "colours of pfm": b"PF\n3 2\n-1.0\n" + bytes(72),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "stars": b"SIMPLE  =                    T",
    "drawing of windows": b"\xd7\xcd\xc6\x9a\0\0" + bytes(20),
    "texture of a game": b"BLP2\1\0\0\0",
}


@pytest.mark.parametrize("head", OTHER_PICTURES.values(), ids=OTHER_PICTURES)
def test_pictures_that_are_not_read_are_still_seen_as_pictures(head: bytes) -> None:
    assert looks_like_picture(head)
    assert recognise(head) is None
    with pytest.raises(UnreadableImageError, match="a picture of a kind that is not among JPEG"):
        decode(head)


NO_PICTURES = {
    "nothing": b"",
    "text": b"just a line of text\n",
    "a list of cars": b"BMW 316i\nBMW 320d and many more of them\n",
    "a poem": b"P.S. I love you\n",
    "pdf": b"%PDF-1.7\n%\xe2\xe3",
    "zip": b"PK\3\4\x14\0\0\0\x08\0",
    "film": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41",
    "sound": b"RIFF\x24\x08\0\0WAVEfmt ",
    "program": b"\x7fELF\2\1\1\0",
    "zeros": bytes(64),
    "json": b'{"a": 1}',
    "header of c": b"#define MOST 32\n#define LEAST 1\n",
    "numbers": np.arange(16, dtype="<u4").tobytes(),
    "more numbers": np.arange(0x20000, 0x20010, dtype=">u4").tobytes(),
}


@pytest.mark.parametrize("head", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_plainly_no_picture_is_not_taken_for_one(head: bytes) -> None:
    assert not looks_like_picture(head)


@pytest.mark.parametrize("options", [{}, {"no_jp2": True}])
def test_jpeg_2000_is_read_without_loss_and_whole(options: dict[str, Any]) -> None:
    data = encoded(RGB, "JPEG2000", **options)
    assert (decode(data).rgb == RGB).all()
    for length in range(30, len(data) - 2, 97):
        with pytest.raises(UnreadableImageError, match="damaged"):
            decode(data[:length])


@pytest.mark.parametrize("brand", [b"avif", b"mif1", b"msf1"])
def test_avif_is_read_under_each_of_its_brands(brand: bytes) -> None:
    data = bytearray(READ["AVIF"])
    data[8:12] = brand
    assert decode(bytes(data)).size_hw == RGB.shape[:2]


def test_heic_is_read_with_its_extra(shared: Path) -> None:
    pytest.importorskip("pillow_heif")
    found = photo_of(shared / "cases" / "photo.heic")
    assert found.rgb.shape == (*found.size_hw, 3)
    assert found.rgb.std() > 20


def test_heic_that_lost_something_is_refused(shared: Path) -> None:
    pytest.importorskip("pillow_heif")
    data = (shared / "cases" / "photo.heic").read_bytes()
    for length in (40, 400, len(data) // 2, len(data) - 100):
        with pytest.raises(UnreadableImageError, match="damaged"):
            decode(data[:length])


def test_without_the_extra_heic_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    with pytest.raises(
        UnreadableImageError, match=r"^a\.heic: reading HEIC needs the extra 'heif': "
    ):
        decode(head, name="a.heic")


FLOATS = (np.asarray(RGB, np.float32) / 255).astype(np.float32)


@pytest.mark.parametrize("lines", [1, 7, 60])
@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f8", "<f2"])
def test_float_colours_of_0_to_1_are_read(kind: str, deflated: bool, lines: int) -> None:
    found = decode(tiff_of(FLOATS.astype(kind), lines=lines, deflated=deflated))
    assert np.abs(found.rgb.astype(int) - RGB).max() <= (kind == "<f2")
    assert (found.alpha, found.size_hw) == (None, RGB.shape[:2])


@pytest.mark.parametrize("lines", [1, 7, 60])
def test_float_colours_that_lie_apart_are_read(lines: int) -> None:
    apart = np.ascontiguousarray(np.moveaxis(FLOATS, -1, 0))
    assert (decode(tiff_of(apart, lines=lines, apart=True)).rgb == RGB).all()


def test_float_colours_with_alpha_turn_as_their_tags_say() -> None:
    alpha = np.linspace(0, 1, RGB.shape[0] * RGB.shape[1], dtype=np.float32)
    rgba = np.dstack([FLOATS, alpha.reshape(RGB.shape[:2])])
    found = decode(tiff_of(rgba, tags={274: 6}))
    assert (found.rgb == np.rot90(RGB, -1)).all()
    assert found.alpha is not None
    assert found.alpha.shape == found.size_hw == (90, 60)


def test_the_float_picture_that_was_called_damaged_is_read(shared: Path) -> None:
    path = shared / "cases" / "rgb_float32.tiff"
    bgr = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert (photo_of(path).rgb == np.rint(bgr[..., ::-1] * 255)).all()


@pytest.mark.parametrize("value", [1.01, -0.01, np.nan, np.inf])
def test_float_colours_without_a_fixed_white_are_refused_by_name(value: float) -> None:
    floats = FLOATS.copy()
    floats[3, 4, 1] = value
    with pytest.raises(UnreadableImageError, match=r"^a\.tif: floats from .* no fixed white"):
        decode(tiff_of(floats), name="a.tif")


@pytest.mark.parametrize("tags", [{317: 3}, {259: 5}])
def test_float_colours_packed_otherwise_are_not_called_damaged(tags: dict[int, int]) -> None:
    with pytest.raises(UnreadableImageError, match="a TIFF of float colours, packed in a way"):
        decode(tiff_of(FLOATS, lines=1, tags=tags))


def test_float_grey_of_0_to_1_is_read() -> None:
    found = decode(encoded(FLOATS[..., 0], "TIFF"))
    assert (found.rgb == RGB[..., :1]).all()


@pytest.mark.parametrize("tags", [{50706: 1}, {254: 1, 330: 8}])
def test_the_preview_of_a_raw_photo_is_not_taken_for_the_photo(tags: dict[int, int]) -> None:
    with pytest.raises(UnreadableImageError, match="a raw photo"):
        decode(tiff_of(RGB, tags=tags))


def test_colours_of_16_bits_keep_their_order_in_every_format() -> None:
    deep = RGB.astype(np.uint16) * 257
    _, png = cv2.imencode(".png", deep[..., ::-1])
    for data in (png.tobytes(), tiff_of(deep)):
        assert (decode(data).rgb == RGB).all()
    image = Image.open(BytesIO(tiff_of(RGB)))
    assert (np.asarray(image) == RGB).all()
