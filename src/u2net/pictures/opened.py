"""A picture file with its header read: within the limits, its pixels still packed."""

from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import Image, ImageFile

from u2net.arrays import RGB
from u2net.errors import ExtraMissingError, ImageTooLargeError, UnreadableImageError
from u2net.pictures import (
    formats,
    icon,
    jpeg,
    jpeg2000_integrity,
    netpbm,
    pcx_integrity,
    png_integrity,
    psd,
    tiff,
    tiff_floats,
    tiff_integrity,
)
from u2net.pictures.formats import Format
from u2net.pictures.header import Header, header_of, header_of_tags
from u2net.pictures.limits import Limits

SLOW_PIXELS = 4_000_000
"""The most of a kind that Pillow reads in Python, a million in 3 to 6 seconds: QOI, numbers that
are written out, textures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Knows how each format is checked: Pillow takes much that is not whole."""

    name: str
    data: bytes
    format: Format
    header: Header
    image: ImageFile.ImageFile | None
    """At its first frame; None for what Pillow does not know."""
    frames: range | list[int]
    """Pillow's numbers of the frames or pages."""
    tags: tiff.Tags
    """Of a TIFF."""
    chunks: list[png_integrity.Chunk]
    """Of a PNG."""

    def pixels(self, at_least: int | None = None) -> RGB | Image.Image:
        """The picture, its first frame: plain RGB, or as Pillow holds other modes.

        With `at_least` a JPEG may come smaller, no side below that. Raises whatever Pillow does.
        """
        self.check_first()
        if self.image is None:
            return tiff_floats.read_floats(self.data, self.tags, self.name)
        if self.format is formats.JPEG:
            shrink = _shrink(self.image.size, at_least)
            with suppress(jpeg.OddSamplingError):
                return jpeg.pixels(self.data, self.image.mode, self.image.size, shrink)
        if self.format is formats.NETPBM and netpbm.are_levels(self.image):
            return netpbm.levels(self.image, self.data)
        self.image.load()
        if self.format is formats.NETPBM and self.image.mode == "I":
            return netpbm.grey_of_numbers(self.image)
        if self.format is formats.PSD and self.image.mode == "RGBA" and not psd.is_clear(self.data):
            return self.image.convert("RGB")
        return self.image

    def check_first(self) -> None:
        """Raise `ValueError` where it is known without Pillow that the first frame is not whole."""
        if self.format is formats.PNG:
            png_integrity.check_lines(self.chunks)
        if self.format is formats.TIFF:
            tiff_integrity.check_strips(self.data, self.tags)
        if self.format is formats.JPEG_2000:
            jpeg2000_integrity.check_end(self.data)
        if self.format is formats.PCX:
            pcx_integrity.check_palette(self.data)


def open_picture(data: bytes, name: str, limits: Limits) -> Opened:
    """`data` with its header read. To be called inside the boundary.

    Not by `Image.open`: it knows dozens of formats nobody checked here, and speaks of large
    pictures through `warnings`.
    """
    kind = _recognised(data, name)
    if (found := icon.inner(data, kind)) is not None:
        data, kind = found, _recognised(found, name)
    tags = _tags(data, name) if kind is formats.TIFF else {}
    chunks = png_integrity.chunks(data) if kind is formats.PNG else []
    profile = None
    if chunks:
        data, profile = png_integrity.plain(data, chunks)
    image = None
    frames: range | list[int] = range(1)
    if tags and tiff_floats.are_floats(tags):
        header = header_of_tags(tags, name)
        limits.check(header.wh, name)
    else:
        image = _opener(kind, name)(BytesIO(data))
        limits.check(image.size, name)
        _check_slow(image, kind, name)
        frames = tiff.pages(data) if tags else _frames(image, kind)
        header = header_of(image, name, frames=len(frames), icc_profile=profile)
    return Opened(
        name=name,
        data=data,
        format=kind,
        header=header,
        image=image,
        frames=frames,
        tags=tags,
        chunks=chunks,
    )


def _recognised(data: bytes, name: str) -> Format:
    if not data:
        raise UnreadableImageError(f"{name}: empty; get a whole copy of the file")
    if found := formats.recognise(data):
        if found is formats.PSD and not psd.is_merged(data):
            raise UnreadableImageError(
                f"{name}: a Photoshop document without the picture its layers make; save it with "
                "maximum compatibility"
            )
        return found
    known = ", ".join(kind.name for kind in formats.FORMATS)
    what = "a picture of a kind that is not" if formats.looks_like_picture(data) else "no picture"
    raise UnreadableImageError(f"{name}: {what} among {known}; convert it first")


def _opener(kind: Format, name: str) -> Any:
    """The class of Pillow's, or of a plugin, that opens files of that kind."""
    try:
        return getattr(import_module(kind.module), kind.opener)
    except ModuleNotFoundError as error:
        if kind is not formats.HEIC or error.name != kind.module:
            raise
        missing = ExtraMissingError(f"reading {kind.name}", "heif")
        raise UnreadableImageError(f"{name}: {missing}") from error


def _tags(data: bytes, name: str) -> tiff.Tags:
    tags = tiff.tags_of(data)
    if tiff.is_preview(tags):
        raise UnreadableImageError(
            f"{name}: a raw photo, of which only the preview could be read; develop it first"
        )
    return tags


def _check_slow(image: ImageFile.ImageFile, kind: Format, name: str) -> None:
    """Raise `ImageTooLargeError` where Python would go through many pixels one by one."""
    if kind is formats.BMP or (kind is formats.NETPBM and netpbm.are_levels(image)):
        return  # whole runs at a time; not by Pillow
    if {
        tile.codec_name for tile in image.tile
    } & Image.DECODERS.keys() and image.width * image.height > SLOW_PIXELS:
        raise ImageTooLargeError(
            f"{name}: {image.width}×{image.height} pixels as {kind.name}, of which up to "
            f"{SLOW_PIXELS:,} are read, for it takes long; convert it to PNG first"
        )


def _frames(image: ImageFile.ImageFile, kind: Format) -> range:
    if kind is formats.PSD:
        return range(1)  # Pillow counts layers
    # The default picture of an APNG may stand before the animation.
    return range(int(getattr(image, "default_image", False)), getattr(image, "n_frames", 1))


def _shrink(size: tuple[int, int], at_least: int | None) -> int:
    """By how much libjpeg may divide each side: 1, 2, 4 or 8."""
    if at_least is None:
        return 1
    return next((by for by in (8, 4, 2) if min(size) // by >= at_least), 1)
