"""Several pictures -> bytes of one file: an animation, or pages."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import chain, islice, repeat
from typing import Any

from PIL import Image

from u2net.arrays import Lines
from u2net.errors import OutputError
from u2net.pictures import embed
from u2net.pictures.metadata import NO_METADATA, Density, Metadata, true_of_result

_PILLOW: dict[str, tuple[str, dict[str, Any]]] = {
    "gif": ("GIF", {"disposal": 2, "loop": 0}),
    "png": ("PNG", {"disposal": 0, "blend": 0, "loop": 0}),
    "webp": ("WEBP", {"lossless": True, "exact": True, "quality": 0, "method": 1, "loop": 0}),
    "tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
}
"""Format -> Pillow's name and options for it; animations go on for ever."""

FRAME_FORMATS = tuple(_PILLOW)

WITHOUT_METADATA = "gif"
"""The format that has no place for any."""

_SEE_THROUGH = 255
"""Number of a GIF's colour that is transparent."""
_USUAL_MS = 100
_HALF = 128
"""Alpha below which a pixel of a GIF is transparent: it knows all or nothing."""


def encode_frames(
    pictures: Iterable[Lines],
    kind: str,
    *,
    durations: Sequence[float | None] = (),
    icc_profile: bytes | None = None,
    density: Density | None = None,
    metadata: Metadata = NO_METADATA,
) -> bytes:
    """Pictures of one size as the frames, or the pages, of a file of `kind`.

    Each is (H, W), (H, W, 3) or (H, W, 4); `kind` is gif, png (APNG), webp or tiff. `durations` are
    milliseconds, 100 where they are missing or None; pages of a TIFF have none, and may differ in
    size. A GIF has 256 colours a frame and no half transparency; the others lose nothing. Frames
    that are alike become one that is shown longer. All frames are held until the end. `density` and
    `metadata` are of the file, and kept as `encode` keeps them; a GIF has no place for them.
    Raises `OutputError` when the format cannot hold them, or when there are none.
    """
    if kind not in _PILLOW:
        raise OutputError(f"{kind} holds one picture; use {', '.join(_PILLOW)}")
    name, options = _PILLOW[kind]
    frames = (_as_gif(frame) if kind == "gif" else frame for frame in map(_image, pictures))
    first = next(frames, None)
    if first is None:
        raise OutputError("there are no frames to write; give one or more")
    rest = list(frames)
    if kind != "tiff":
        _check_sizes([first, *rest])
        options = options | {"duration": _milliseconds(durations, 1 + len(rest))}
    if kind != WITHOUT_METADATA:
        kept = true_of_result(metadata, density)
        options = options | embed.pillow_options(kind, density, kept)
    buffer = BytesIO()
    try:
        first.save(
            buffer, name, save_all=True, append_images=rest, icc_profile=icc_profile, **options
        )
    except (OSError, ValueError, RuntimeError) as error:
        width, height = first.size
        raise OutputError(f"{kind} cannot hold frames of {width}×{height} pixels") from error
    return buffer.getvalue()


def _image(picture: Lines) -> Image.Image:
    return Image.fromarray(picture[:])


def _as_gif(frame: Image.Image) -> Image.Image:
    """`frame` in 255 colours of its own, and one that is transparent where it has alpha."""
    if frame.mode != "RGBA":
        return frame
    hidden = frame.getchannel("A").point(lambda alpha: 255 * (alpha < _HALF))
    indices = frame.convert("RGB").quantize(_SEE_THROUGH)
    indices.paste(_SEE_THROUGH, mask=hidden)
    indices.info["transparency"] = _SEE_THROUGH
    return indices


def _check_sizes(frames: list[Image.Image]) -> None:
    sizes = {frame.size for frame in frames}
    if len(sizes) > 1:
        raise OutputError("the frames of an animation have one size; make them alike, or use tiff")


def _milliseconds(durations: Sequence[float | None], count: int) -> list[int]:
    given = chain(durations, repeat(None))
    return [round(_USUAL_MS if duration is None else duration) for duration in islice(given, count)]
