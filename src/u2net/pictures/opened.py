"""A picture file with its header read: within the limits, its pixels still packed."""

from dataclasses import dataclass
from importlib import import_module
from io import BytesIO

from PIL import Image, ImageFile

from u2net.arrays import RGB
from u2net.errors import ImageTooLargeError, UnreadableImageError
from u2net.pictures import formats, jpeg, png_integrity, tiff_integrity
from u2net.pictures.formats import Format
from u2net.pictures.limits import PROFILE_BYTES, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Knows how each format is checked: Pillow takes much that is not whole."""

    name: str
    data: bytes
    format: Format
    header: ImageFile.ImageFile
    icc_profile: bytes | None
    chunks: list[png_integrity.Chunk]
    """Of a PNG."""

    def pixels(self, at_least: int | None = None) -> RGB | Image.Image:
        """The picture, its first frame: plain RGB, or as Pillow holds other modes.

        With `at_least` a JPEG may come smaller, no side below that. Raises whatever Pillow does.
        """
        if self.format is formats.JPEG:
            shrink = _shrink(self.header.size, at_least)
            return jpeg.pixels(self.data, self.header.mode, self.header.size, shrink)
        if self.format is formats.PNG:
            png_integrity.check_lines(self.chunks)
        if self.format is formats.TIFF:
            tiff_integrity.check_strips(self.data, getattr(self.header, "tag_v2", {}))
        self.header.load()
        return self.header


def open_picture(data: bytes, name: str, limits: Limits) -> Opened:
    """`data` with its header read. To be called inside the boundary.

    Not by `Image.open`: it knows dozens of formats nobody checked here, and speaks of large
    pictures through `warnings`.
    """
    kind = _recognised(data, name)
    chunks: list[png_integrity.Chunk] = []
    profile = None
    if kind is formats.PNG:
        chunks = png_integrity.chunks(data)
        data, profile = png_integrity.without_profile(data, chunks)
    opener = getattr(import_module(kind.module), kind.opener)
    header: ImageFile.ImageFile = opener(BytesIO(data))
    limits.check(*header.size, name)
    return Opened(
        name=name,
        data=data,
        format=kind,
        header=header,
        icc_profile=checked_profile(profile or header.info.get("icc_profile"), name),
        chunks=chunks,
    )


def checked_profile(profile: object, name: str) -> bytes | None:
    """The colour profile; what is none at all, such as a number, counts as none.

    Raises `ImageTooLargeError` for one above the limit.
    """
    if not isinstance(profile, bytes):
        return None
    if len(profile) > PROFILE_BYTES:
        raise ImageTooLargeError(
            f"{name}: its colour profile is larger than {PROFILE_BYTES >> 20} MB; take a plain one"
        )
    return profile


def _recognised(data: bytes, name: str) -> Format:
    if not data:
        raise UnreadableImageError(f"{name}: empty; get a whole copy of the file")
    if found := formats.recognise(data):
        return found
    known = ", ".join(kind.name for kind in formats.FORMATS)
    what = "a picture of a kind that" if formats.looks_like_picture(data) else "no picture that"
    raise UnreadableImageError(f"{name}: {what} can be read ({known}); convert it first")


def _shrink(size: tuple[int, int], at_least: int | None) -> int:
    """By how much libjpeg may divide each side: 1, 2, 4 or 8."""
    if at_least is None:
        return 1
    return next((by for by in (8, 4, 2) if min(size) // by >= at_least), 1)
