"""Density and metadata, from the file that is read into the file that is written."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin

from made_pictures import encoded, photo, tiff_of
from u2net.errors import OutputError
from u2net.pictures.animation import FRAME_FORMATS, WITHOUT_METADATA, encode_frames
from u2net.pictures.decode import decode
from u2net.pictures.encode import encode
from u2net.pictures.formats import WRITTEN
from u2net.pictures.metadata import NO_METADATA, Metadata
from u2net.pictures.source import photo_of

RGB = photo()
XMP = b"""<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>
<rdf:Description tiff:Orientation="6" dc:creator="Ada" exif:PixelXDimension='90'>
<tiff:ImageWidth>90</tiff:ImageWidth><dc:title>Sea</dc:title>
<xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image="/9j/4AAQ"/></rdf:Alt></xmp:Thumbnails>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
IPTC = b"\x1c\x02\x50\x00\x03Ada\x1c\x02\x74\x00\x06(c) me"


def exif() -> Image.Exif:
    """As of a camera held upright: turned, with its sizes, a note of its maker and a place."""
    found = Image.Exif()
    found[0x010F], found[0x8298], found[0x0112] = "Maker", "(c) Ada", 6
    found[0x011A], found[0x011B], found[0x0128] = 72.0, 72.0, 2
    found[0x8769] = {0x9003: "2026:01:02 03:04:05", 0xA002: 90, 0xA003: 60, 0x927C: b"notes"}
    found[0x8825] = {1: "N", 2: (48.0, 12.0, 5.0)}
    return found


def app13(iptc: bytes) -> bytes:
    block = b"8BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc + bytes(len(iptc) % 2)
    content = b"Photoshop 3.0\0" + block
    return b"\xff\xed" + (len(content) + 2).to_bytes(2, "big") + content


JPEG = encoded(RGB, "JPEG", exif=exif(), xmp=XMP, extra=app13(IPTC), dpi=(300, 150))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_the_density_is_read(kind: str) -> None:
    found = decode(encoded(RGB, kind, dpi=(300, 150))).density
    assert found is not None
    assert found == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "AVIF", "JPEG2000"])
def test_where_no_density_is_said_none_is_made_up(kind: str) -> None:
    options = {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"} if kind == "JPEG" else {}
    assert decode(encoded(RGB, kind, **options)).density is None


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_the_density_in_exif_counts_where_the_format_says_nothing(kind: str) -> None:
    tags = exif()
    tags[0x011A], tags[0x011B], tags[0x0128] = 100.0, 50.0, 3
    # The picture is turned, and so is what is across and down.
    assert decode(encoded(RGB, kind, exif=tags)).density == pytest.approx((127, 254))


def test_the_density_turns_with_the_picture() -> None:
    assert decode(JPEG).density == (150, 300)
    assert decode(tiff_of(RGB, tags={274: 6})).density is None
    turned = encoded(RGB, "TIFF", dpi=(300, 150), tiffinfo={274: 6})
    assert decode(turned).density == (150, 300)


@pytest.mark.parametrize("kind", ["png", "jpg", "tiff"])
def test_the_density_that_is_written_is_read_again(kind: str, shared: Path) -> None:
    found = photo_of(shared / "cases" / "dpi300_iptc.jpg")
    assert found.density == (300, 300)
    again = decode(encode(found.rgb, kind, density=found.density)).density
    assert again == pytest.approx((300, 300), abs=0.02)


@pytest.mark.parametrize("density", [(0.5, 300.0), (300.0, 1e6), (float("nan"), 1.0)])
def test_a_density_that_no_format_holds_is_refused(density: Any) -> None:
    with pytest.raises(OutputError, match="1 to 65,535"):
        encode(RGB, "png", density=density)


def test_metadata_is_given_as_found() -> None:
    found = decode(JPEG).metadata
    assert (found.xmp, found.iptc) == (XMP, IPTC)
    assert found.exif == exif().tobytes()
    assert decode(encoded(RGB)).metadata == NO_METADATA


@pytest.mark.parametrize("kind", WRITTEN)
def test_metadata_is_written_less_what_would_be_wrong(kind: str) -> None:
    found = decode(JPEG)
    data = encode(found.rgb, kind, density=found.density, metadata=found.metadata)
    image = Image.open(BytesIO(data))
    tags = image.getexif()
    assert (tags[0x010F], tags[0x8298]) == ("Maker", "(c) Ada")
    assert tags.get(0x0112, 1) == 1
    assert (float(tags[0x011A]), float(tags[0x011B])) == (150, 300)
    camera = tags.get_ifd(0x8769)
    assert camera[0x9003] == "2026:01:02 03:04:05"
    assert not {0xA002, 0xA003, 0x927C} & set(camera)
    assert tags.get_ifd(0x8825)[1] == "N"
    xmp = decode(data).metadata.xmp
    assert xmp is not None
    assert b"Ada" in xmp
    assert b"<dc:title>Sea</dc:title>" in xmp
    for wrong in (b"Orientation", b"Dimension", b"ImageWidth", b"Thumbnails", b"4AAQ"):
        assert wrong not in xmp
    assert (decode(data).size_hw, decode(data).alpha) == (found.size_hw, None)


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_date_that_a_program_put_beside_the_makers_name_is_kept_in_its_place(kind: str) -> None:
    tags = Image.Exif()
    tags[0x010F], tags[0x9003], tags[0x9004] = "Maker", "2026:01:02 03:04:05", "2026:01:02 03:04:06"
    tags[0x8769] = {0x9004: "2025:01:01 00:00:00", 0x9101: b"\1\2\3\0"}
    found = decode(encoded(RGB, "JPEG", exif=tags))
    kept = Image.open(BytesIO(encode(found.rgb, kind, metadata=found.metadata))).getexif()
    assert kept[0x010F] == "Maker"
    camera = {0x9003: "2026:01:02 03:04:05", 0x9004: "2025:01:01 00:00:00"}
    assert kept.get_ifd(0x8769) == camera


@pytest.mark.parametrize("kind", [kind for kind in FRAME_FORMATS if kind != WITHOUT_METADATA])
def test_files_of_several_frames_keep_it_as_files_of_one(kind: str) -> None:
    found = decode(JPEG)
    frames = [RGB, RGB[::-1]]
    made = decode(encode_frames(frames, kind, density=(300, 150), metadata=found.metadata))
    one = decode(encode(RGB, kind, density=(300, 150), metadata=found.metadata))
    assert made.frames == 2
    assert (made.metadata, made.density) == (one.metadata, one.density)
    assert made.metadata.exif
    assert made.metadata.xmp


@pytest.mark.parametrize("kind", ["jpg", "tiff"])
def test_iptc_is_written_where_it_has_a_place(kind: str) -> None:
    data = encode(RGB, kind, metadata=decode(JPEG).metadata)
    records = IptcImagePlugin.getiptcinfo(Image.open(BytesIO(data)))  # type: ignore[arg-type]
    assert records is not None
    assert (records[2, 80], records[2, 116]) == (b"Ada", b"(c) me")
    assert decode(data).metadata.iptc == IPTC


def test_a_thumbnail_is_not_taken_along() -> None:
    small = encoded(RGB[::4, ::4], "JPEG")
    ifd0 = bytes.fromhex("4949 2a00 0800 0000 0100 0f01 0200 0600 0000 2000 0000 1a00 0000")
    ifd1 = bytes.fromhex("0200 0102 0400 0100 0000 4000 0000 0202 0400 0100 0000") + len(
        small
    ).to_bytes(4, "little")
    whole = (ifd0 + ifd1).ljust(64, b"\0") + small
    data = encode(RGB, "jpg", metadata=Metadata(exif=b"Exif\0\0" + whole))
    assert data.count(b"\xff\xd8\xff") == 1


def test_damaged_metadata_is_no_reason_to_write_nothing() -> None:
    broken = Metadata(exif=b"Exif\0\0II*\0\xff\xff\xff\xff", xmp=b"<", iptc=b"\x1c")
    for kind in WRITTEN:
        assert decode(encode(RGB, kind, metadata=broken)).size_hw == (60, 90)


@pytest.mark.parametrize("part", ["xmp", "iptc"])
def test_what_is_too_long_for_a_format_is_said(part: str) -> None:
    long = Metadata(**{part: bytes(70_000)})
    with pytest.raises(OutputError, match=r"jpg cannot hold .* too long.*; use png"):
        encode(RGB, "jpg", metadata=long)


def test_a_whole_png_with_long_texts_is_no_damaged_one() -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", "x" * 2_000_000, zip=True)
    texts.add_itxt("Comment", "x" * 2_000_000, zip=True)
    assert (decode(encoded(RGB, pnginfo=texts)).rgb == RGB).all()
    assert np.asarray(Image.open(BytesIO(encode(RGB, "png")))).shape == RGB.shape
