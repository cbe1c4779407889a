"""What films are written as: container, codec, pixels."""

from dataclasses import dataclass, field
from pathlib import Path

from u2net.errors import OutputError

FILMS = ("webm", "mov", "mp4", "apng")
"""Formats by whose name alone a film is meant, whatever goes in; .png and .webp may be pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFormat:
    """One way to write a film."""

    suffixes: tuple[str, ...]
    """Of files that are written so."""
    container: str
    """FFmpeg's name for it."""
    codec: str
    opaque: str
    """Pixel format in FFmpeg's words."""
    transparent: str | None = None
    """The same with alpha; None where the format has none."""
    sound: str | None
    """The codec for sound that the container cannot hold as it is; None where it holds none."""
    even: bool = False
    """Whether width and height must be even."""
    mixes: bool = True
    """Whether the codec mixes neighbouring pixels."""
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)
    with_alpha: dict[str, str] = field(default_factory=dict)
    """More options where there is alpha."""


FORMATS = {
    "webm": FilmFormat(
        suffixes=("webm",),
        container="webm",
        codec="libvpx-vp9",
        opaque="yuv420p",
        transparent="yuva420p",
        sound="libopus",
        options={"crf": "23", "b": "0", "row-mt": "1", "deadline": "realtime", "cpu-used": "8"},
        # Frames that are never shown would have to have an alpha too.
        with_alpha={"auto-alt-ref": "0"},
    ),
    "mov": FilmFormat(
        suffixes=("mov",),
        container="mov",
        codec="prores_ks",
        opaque="yuv444p10le",
        transparent="yuva444p10le",
        sound="aac",
        options={"profile": "4444", "vendor": "apl0"},
        with_alpha={"alpha_bits": "16"},
    ),
    "mp4": FilmFormat(
        suffixes=("mp4",),
        container="mp4",
        codec="libx264",
        opaque="yuv420p",
        sound="aac",
        even=True,
        options={"crf": "18", "preset": "veryfast"},
        # The index comes first, so that a page can begin to play at once.
        container_options={"movflags": "+faststart"},
    ),
    "apng": FilmFormat(
        suffixes=("apng", "png"),
        container="apng",
        codec="apng",
        opaque="rgb24",
        transparent="rgba",
        sound=None,
        mixes=False,
        container_options={"plays": "0"},
    ),
    "awebp": FilmFormat(
        suffixes=("webp",),
        container="webp",
        codec="libwebp_anim",
        opaque="bgra",
        transparent="bgra",
        sound=None,
        options={"quality": "80", "compression_level": "2"},
        container_options={"loop": "0"},
    ),
}
"""Name -> how a film is written so; the last two are animated pictures, which go on for ever."""

_KINDS = {suffix: kind for kind, way in FORMATS.items() for suffix in way.suffixes}


def format_of(path: Path) -> str:
    """The format that a suffix names. Raises `OutputError` for any other."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in _KINDS:
        raise OutputError(
            f"{path}: suffix '{path.suffix}' is no format of films; use .webm, .mov or .mp4, or "
            ".apng, .png or .webp for an animated picture"
        )
    return _KINDS[suffix]


def check_holds_alpha(kind: str) -> None:
    """Raise `OutputError` where a film of `kind` cannot be seen through."""
    if FORMATS[kind].transparent is None:
        raise OutputError(
            f"{kind} has no transparency; give a background, or use webm (VP9) or mov (ProRes 4444)"
        )
