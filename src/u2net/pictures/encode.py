"""Pixels -> bytes of a picture file."""

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from u2net.arrays import RGB, Lines
from u2net.errors import OutputError
from u2net.pictures import embed
from u2net.pictures.formats import WRITTEN
from u2net.pictures.metadata import NO_METADATA, Density, Metadata, as_density, true_of_result
from u2net.pictures.png import encode_png
from u2net.steps import step

_PILLOW: dict[str, tuple[str, dict[str, Any]]] = {
    # Lossy WebP would put colours back where alpha is 0.
    "webp": ("WEBP", {"lossless": True, "exact": True, "quality": 0, "method": 1}),
    "jpg": ("JPEG", {"quality": 95, "subsampling": "4:4:4"}),
    "tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
}
"""Format -> Pillow's name and options for it."""

BY_PALETTE = ("png", "tiff")

_SUFFIXES = {
    ".png": "png",
    ".webp": "webp",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".tif": "tiff",
    ".tiff": "tiff",
}


@step("encode")
def encode(
    pixels: Lines,
    kind: str,
    *,
    icc_profile: bytes | None = None,
    density: Density | None = None,
    metadata: Metadata = NO_METADATA,
    palette: RGB | None = None,
) -> bytes:
    """(H, W), (H, W, 3) or (H, W, 4) as a file of `kind`, one of `WRITTEN`, with its profile.

    With a `palette`, (colours, 3), the levels of (H, W) are numbers of its colours, which png and
    tiff keep. `density`, 1 to 65,535 dots per inch, is not kept by webp, unless in EXIF. Of
    `metadata` that is written which is true of the new file: no turn, sizes or thumbnail. png and
    webp have no place for IPTC; a tiff with EXIF or IPTC is not compressed.
    Raises `OutputError` when the format cannot hold the picture.
    """
    if kind not in WRITTEN:
        raise OutputError(f"format '{kind}' is unknown; use {', '.join(WRITTEN)}")
    if density and not as_density(density):
        raise OutputError(f"{density} dots per inch cannot be written; give 1 to 65,535")
    if kind == "jpg" and pixels.shape[2:] == (4,):
        raise OutputError("jpg has no transparency; give a background, or use png, webp or tiff")
    if palette is not None and kind not in BY_PALETTE:
        raise OutputError(f"{kind} has no palette for the classes; use {' or '.join(BY_PALETTE)}")
    metadata = true_of_result(metadata, density)
    if kind == "png":
        return encode_png(
            pixels,
            icc_profile=icc_profile,
            chunks=embed.png_chunks(density, metadata),
            palette=palette,
        )
    name, options = _PILLOW[kind]
    buffer = BytesIO()
    try:
        options = options | embed.pillow_options(kind, density, metadata)
        image = Image.fromarray(pixels[:])
        if palette is not None:
            image.putpalette(palette.tobytes())
        image.save(buffer, name, icc_profile=icc_profile, **options)
    except (OSError, ValueError) as error:
        height, width = pixels.shape[:2]
        raise OutputError(
            f"{kind} cannot hold {width}×{height} pixels ({error}); use png"
        ) from error
    return buffer.getvalue()


def named(kind: str) -> str:
    """The format that a user calls `kind`: `jpeg`, `.PNG`. Raises `OutputError` when it is none."""
    try:
        return _SUFFIXES["." + kind.lower().lstrip(".")]
    except KeyError:
        raise OutputError(f"format '{kind}' is unknown; use {', '.join(WRITTEN)}") from None


def format_of(path: Path) -> str:
    """The format that the suffix of `path` stands for. Raises `OutputError` when it is none."""
    try:
        return _SUFFIXES[path.suffix.lower()]
    except KeyError:
        known = ", ".join(_SUFFIXES)
        raise OutputError(f"{path}: the suffix must say the format ({known})") from None
