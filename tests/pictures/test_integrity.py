"""A picture that lost something is refused, whatever the libraries below think of it."""

import random
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from made_pictures import (
    encoded,
    input_only_profile,
    linear_grey_profile,
    photo,
    png_chunk,
    png_of,
    wide_rgb_profile,
)
from u2net.errors import ImageError, ImageTooLargeError, UnreadableImageError
from u2net.pictures.colour import convert
from u2net.pictures.decode import decode, read_picture
from u2net.pictures.encode import encode

RGB = photo(160, 200)
RGBA = np.dstack([RGB, np.broadcast_to(np.arange(200, dtype=np.uint8), (160, 200))])
JPEGS = {
    "baseline": encoded(RGB, "JPEG", quality=92),
    "progressive": encoded(RGB, "JPEG", quality=92, progressive=True),
    "restarts": encoded(RGB, "JPEG", quality=92, restart_marker_blocks=4),
    "grey": encoded(RGB[..., 0], "JPEG", quality=92),
    "cmyk": encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=92),
}
HOLES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[:-400],
    "cut off, then closed": lambda data: data[: len(data) // 2] + b"\xff\xd9",
    "lost its middle": lambda data: data[: len(data) // 2] + data[len(data) * 3 // 4 :],
    "middle zeroed": lambda data: (
        data[: len(data) // 2]
        + bytes(len(data) * 3 // 4 - len(data) // 2)
        + data[len(data) * 3 // 4 :]
    ),
}
DAMAGED = r"^sea\.xyz: damaged or cut off \(.+\); get a whole copy of the file\Z"


@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("data", JPEGS.values(), ids=JPEGS)
def test_a_jpeg_with_a_hole_is_refused(data: bytes, hole: Callable[[bytes], bytes]) -> None:
    for at_least in (None, 20):
        with pytest.raises(UnreadableImageError, match=DAMAGED):
            decode(hole(data), name="sea.xyz", at_least=at_least)


ODDITIES: dict[str, Callable[[bytes], bytes]] = {
    "stray bytes at the end": lambda data: data[:-2] + b"stray bytes" + data[-2:],
    "stray bytes in the header": lambda data: data[:20] + b"xyz" + data[20:],
    "both": lambda data: data[:20] + b"xyz" + data[20:-2] + bytes(20) + data[-2:],
    "another version of JFIF": lambda data: data.replace(b"JFIF\0\1", b"JFIF\0\7"),
    "an unknown transform of Adobe": lambda data: data.replace(
        b"Adobe\0\x64\0\0\0\0\1", b"Adobe\0\x64\0\0\0\0\7"
    ),
    "scans that say nothing": lambda data: data.replace(b"\0\x3f\0", b"\0\0\0"),
    "bytes behind its end": lambda data: data + b"\xff\xd8\xff\xe1 another picture \xff\xd9",
    "a film behind its end": lambda data: data + b"\xff\xda" * 600,
}


@pytest.mark.parametrize("oddity", ODDITIES.values(), ids=ODDITIES)
def test_a_jpeg_that_is_merely_odd_is_read_to_the_bit(oddity: Callable[[bytes], bytes]) -> None:
    adobe = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\1"
    whole = JPEGS["baseline"]
    whole = whole[:20] + adobe + whole[20:]
    odd = oddity(whole)
    assert odd != whole
    assert (decode(odd).rgb == decode(whole).rgb).all()


@pytest.mark.parametrize("oddity", ODDITIES.values(), ids=ODDITIES)
def test_an_oddity_hides_no_damage(oddity: Callable[[bytes], bytes]) -> None:
    whole = JPEGS["baseline"]
    with pytest.raises(UnreadableImageError, match="damaged"):
        decode(oddity(whole[: len(whole) // 2] + b"\xff\xd9"))


def test_a_jpeg_that_samples_its_colours_oddly_is_read_by_pillow() -> None:
    grey = bytearray(encoded(np.full((8, 24, 3), 128, np.uint8), "JPEG", subsampling=0))
    frame, scan = grey.index(b"\xff\xc0"), grey.index(b"\xff\xda")
    grey[frame + 11] = 0x31
    # A unit has three blocks of luma and one of each colour now: no difference, and nothing more.
    grey[scan + 14 : -2] = bytes.fromhex("28a2803f")
    assert (decode(bytes(grey)).rgb == 128).all()


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = JPEGS["progressive"]
    start = data.index(b"\xff\xda")
    scan = data[start : data.index(b"\xff\xc4", start)]
    with pytest.raises(UnreadableImageError, match="more than 500 scans"):
        decode(data[:start] + scan * 501 + data[start:])


@pytest.mark.parametrize("kind", ["grey", "cmyk"])
def test_other_jpegs_come_to_the_bit_as_from_pillow(kind: str) -> None:
    expected = Image.open(BytesIO(JPEGS[kind])).convert("RGB")
    assert (decode(JPEGS[kind]).rgb == np.asarray(expected)).all()


@pytest.mark.parametrize("level", [0, 6])
@pytest.mark.parametrize("pixels", [RGB, RGBA], ids=["rgb", "rgba"])
def test_a_bit_flipped_in_the_pixels_of_a_png_is_found(pixels: Any, level: int) -> None:
    data = encoded(pixels[:30, :40], compress_level=level)
    rng = random.Random(3)
    for _ in range(100):
        broken = bytearray(data)
        at = rng.randrange(data.find(b"IDAT") + 4, data.rfind(b"IEND") - 8)
        broken[at] ^= 1 << rng.randrange(8)
        with pytest.raises(UnreadableImageError, match="checksum of its chunk IDAT"):
            decode(bytes(broken))


def test_a_png_with_too_few_lines_is_refused() -> None:
    lines = b"".join(b"\0" + b"\xff" * 300 for _ in range(50))
    header = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
    short = png_of(header, png_chunk(b"IDAT", zlib.compress(lines)))
    with pytest.raises(UnreadableImageError, match="lines are missing"):
        decode(short)


def test_a_png_whose_lines_have_a_wrong_checksum_of_their_own_is_refused() -> None:
    lines = zlib.compress(bytes(301 * 100))
    header = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
    with pytest.raises(UnreadableImageError, match="damaged"):
        decode(png_of(header, png_chunk(b"IDAT", lines[:-1] + b"x")))


@pytest.mark.parametrize("lost", [1, 4, 12, 13, 30])
def test_a_png_without_its_end_is_refused(lost: int) -> None:
    with pytest.raises(UnreadableImageError, match="damaged"):
        decode(encoded(RGB)[:-lost])


def test_a_palette_png_without_palette_is_refused() -> None:
    header = struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0)
    with pytest.raises(UnreadableImageError, match="no palette"):
        decode(png_of(header, png_chunk(b"IDAT", zlib.compress(bytes(72)))))


def test_whole_pngs_of_every_depth_and_order_pass() -> None:
    import cv2

    for mode in ("1", "L", "P", "RGB", "RGBA", "LA"):
        for size in ((1, 1), (3, 5), (9, 8), (200, 160)):
            image = Image.fromarray(RGB).resize(size).convert(mode)
            assert decode(encoded(image)).size_hw == size[::-1]
    for size in ((1, 1), (2, 3), (5, 1), (9, 12)):
        _, deep = cv2.imencode(".png", np.zeros((*size, 3), np.uint16))
        assert decode(deep.tobytes()).size_hw == size


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 1), (9, 12), (8, 8), (17, 5)])
def test_whole_interlaced_pngs_pass_and_short_ones_do_not(size: tuple[int, int]) -> None:
    width, height = size
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
    lines = b"".join(
        b"\0" + b"\7" * len(range(left, width, across))
        for left, top, across, down in [*passes, (0, 1, 1, 2)]
        for _ in range(top, height, down)
        if range(left, width, across)
    )
    assert (decode(png_of(header, png_chunk(b"IDAT", zlib.compress(lines)))).rgb == 7).all()
    with pytest.raises(UnreadableImageError, match="lines are missing"):
        decode(png_of(header, png_chunk(b"IDAT", zlib.compress(lines[:-1]))))


def with_tag(data: bytes, tag: int, kind: int, value: int, *, renamed: int | None = None) -> bytes:
    """A little-endian TIFF in which `tag` is one number of `kind` (3: 16 bits, 4: 32)."""
    changed = bytearray(data)
    start = struct.unpack("<I", data[4:8])[0]
    for at in range(start + 2, len(data) - 12, 12):
        if data[at : at + 2] == struct.pack("<H", tag):
            changed[at : at + 2] = struct.pack("<H", renamed or tag)
            changed[at + 2 : at + 12] = struct.pack("<HII", kind, 1, value)
            return bytes(changed)
    raise AssertionError(f"no tag {tag}")


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_tiff_with_strips_for_half_its_lines_is_refused(compression: str) -> None:
    data = encoded(RGB, "TIFF", compression=compression)
    assert (decode(data).rgb == RGB).all()
    with pytest.raises(UnreadableImageError, match=DAMAGED):
        decode(with_tag(data, 257, 4, 320), name="sea.xyz")


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_tiff_whose_strips_are_outside_is_refused(compression: str) -> None:
    data = encoded(RGB[:5], "TIFF", compression=compression)
    with pytest.raises(UnreadableImageError, match="a strip is outside the file"):
        decode(with_tag(data, 273, 4, len(data) - 10))


def test_a_bit_flipped_in_a_deflated_tiff_is_found() -> None:
    data = encoded(RGB[:8], "TIFF", compression="tiff_adobe_deflate")
    start, size = (int(Image.open(BytesIO(data)).tag_v2[tag][0]) for tag in (273, 279))  # type: ignore[attr-defined]
    rng = random.Random(3)
    for _ in range(100):
        broken = bytearray(data)
        broken[start + rng.randrange(size)] ^= 1 << rng.randrange(8)
        try:
            found = decode(bytes(broken)).rgb
        except UnreadableImageError:
            continue
        assert (found == RGB[:8]).all()


def test_a_tiff_of_jpegs_with_a_hole_is_refused() -> None:
    for image in (Image.fromarray(RGB), Image.fromarray(RGB).convert("L")):
        data = encoded(image, "TIFF", compression="jpeg", quality=92)
        assert decode(data).size_hw == (160, 200)
        start = len(data) // 2
        with pytest.raises(UnreadableImageError, match="Corrupt JPEG data"):
            decode(data[:start] + bytes(900) + data[start + 900 :])


def test_tiles_far_larger_than_the_picture_are_refused() -> None:
    data = with_tag(encoded(RGB, "TIFF"), 278, 4, 65520, renamed=323)
    data = with_tag(data, 284, 4, 65520, renamed=322)
    with pytest.raises(UnreadableImageError, match="tiles are far larger than the picture"):
        decode(data)


def test_a_tiff_whose_profile_is_a_number_is_read_without_it() -> None:
    data = with_tag(encoded(RGB, "TIFF", icc_profile=b"x" * 200), 34675, 4, 1)
    assert decode(data).icc_profile is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_profile_that_leads_one_way_only_is_left_for_srgb(kind: str) -> None:
    profile = input_only_profile()
    found = decode(encoded(RGB, kind, icc_profile=profile))
    assert found.icc_profile is None
    plain = decode(encoded(RGB, kind)).rgb
    expected = ImageCms.profileToProfile(
        Image.fromarray(plain), BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert (found.rgb == np.asarray(expected)).all()


@pytest.mark.parametrize("bad", [b"", b"x" * 300, linear_grey_profile(), input_only_profile()])
def test_colours_cannot_be_brought_where_no_way_leads(bad: bytes) -> None:
    with pytest.raises(UnreadableImageError, match="colour profile"):
        convert(RGB, None, bad)


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff", "webp"])
def test_a_large_profile_that_is_written_is_read_again(kind: str) -> None:
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    padding = np.random.default_rng(0).bytes(1_200_000)
    profile = struct.pack(">I", len(plain) + len(padding)) + plain[4:] + padding
    assert decode(encode(RGB, kind, icc_profile=profile)).icc_profile == profile


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_profile_of_endless_size_is_refused_by_its_name(kind: str) -> None:
    profile = wide_rgb_profile() + bytes(17 << 20)
    with pytest.raises(ImageTooLargeError, match="colour profile is larger than 16 MB"):
        decode(encoded(RGB, kind, icc_profile=profile))


ODD_EXIF = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12"


def test_no_warning_of_a_library_leaves() -> None:
    data = encoded(RGB, "JPEG", exif=ODD_EXIF)
    for action in ("always", "error"):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter(action)  # type: ignore[arg-type]
            assert decode(data).size_hw == (160, 200)
        assert not seen


def test_warnings_of_others_are_heard_while_pictures_are_decoded() -> None:
    data = encoded(RGB, "JPEG", exif=ODD_EXIF)
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            decode(data)

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        worker = threading.Thread(target=work)
        worker.start()
        for _ in range(50):
            decode(data)
            warnings.warn("mine", stacklevel=1)
        done.set()
        worker.join()
    assert [str(warning.message) for warning in seen] == ["mine"] * 50


@pytest.mark.parametrize("size", [(240_000_000, 1), (1, 240_000_000), (70_000, 20)])
def test_an_endless_line_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    data = png_of(header, png_chunk(b"IDAT", b"x\x9c"))
    with pytest.raises(ImageTooLargeError, match="a side is over the limit of 65,535"):
        decode(data)


HEADERS_THAT_ASK_FOR_GIGABYTES = {
    "png": lambda w, h: png_of(struct.pack(">IIBBBBB", w, h, 8, 6, 0, 0, 0), b""),
    "bmp": lambda w, h: (
        b"BM" + struct.pack("<IIIIiiHHIIIIII", 99, 0, 54, 40, w, h, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
    "gif": lambda w, h: b"GIF89a" + struct.pack("<HH", w, h) + encoded(RGB, "GIF")[10:],
    "jpeg": lambda w, h: JPEGS["baseline"].replace(
        struct.pack(">HH", 160, 200), struct.pack(">HH", h, w)
    ),
    "tiff": lambda w, h: with_tag(with_tag(encoded(RGB, "TIFF"), 257, 4, h), 256, 4, w),
    "jpeg 2000": lambda w, h: encoded(RGB, "JPEG2000", no_jp2=True).replace(
        struct.pack(">II", 200, 160), struct.pack(">II", w, h)
    ),
}

CHILD = """
import resource, sys
from u2net.errors import ImageTooLargeError
from u2net.pictures.source import photo_of
if sys.argv[2] != "0":
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    photo_of(sys.argv[1])
except ImageTooLargeError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def in_child(path: Path, memory: int = 0) -> list[str]:
    """What a process says of the picture, and by how many KB its memory grew."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), str(memory)], capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "header", HEADERS_THAT_ASK_FOR_GIGABYTES.values(), ids=HEADERS_THAT_ASK_FOR_GIGABYTES
)
def test_a_header_that_asks_for_gigabytes_is_refused_without_them(
    tmp_path: Path, header: Callable[[int, int], bytes]
) -> None:
    (tmp_path / "bomb").write_bytes(header(60_000, 60_000))
    message, grown = in_child(tmp_path / "bomb")
    assert message.endswith(
        "60000×60000 pixels are more than the limit of 250,000,000; make the picture smaller"
    )
    assert int(grown) < 20_000


def test_where_memory_ends_the_picture_is_called_too_large(tmp_path: Path) -> None:
    lines = zlib.compress(bytes(15_001 * 15_000), 1)
    header = struct.pack(">IIBBBBB", 15_000, 15_000, 8, 0, 0, 0, 0)
    (tmp_path / "large.png").write_bytes(png_of(header, png_chunk(b"IDAT", lines)))
    message, _ = in_child(tmp_path / "large.png", 700 << 20)
    assert "large.png: there is not enough memory for it" in message


def test_planes_are_checked_as_photos_are_and_keep_their_depth() -> None:
    levels = np.arange(0, 60_000, 10, dtype=np.uint16).reshape(60, 100)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = read_picture(encoded(Image.fromarray(levels), exif=exif))
    assert (np.asarray(turned) == np.rot90(levels, -1)).all()
    with pytest.raises(ImageError, match=r"^m\.png: damaged"):
        read_picture(encoded(levels)[:-5], name="m.png")
