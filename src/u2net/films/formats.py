"""What films are written as: container, codec, pixels."""

from dataclasses import dataclass, field
from pathlib import Path

from u2net.errors import OutputError


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmFormat:
    """One way to write a film."""

    codec: str
    opaque: str
    """Pixel format in FFmpeg's words."""
    transparent: str | None = None
    """The same with alpha; None where the format has none."""
    sound: str
    """The codec for sound that the container cannot hold as it is."""
    even: bool = False
    """Whether width and height must be even."""
    options: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    """Options of the container."""
    with_alpha: dict[str, str] = field(default_factory=dict)
    """More options where there is alpha."""


FORMATS = {
    "webm": FilmFormat(
        codec="libvpx-vp9",
        opaque="yuv420p",
        transparent="yuva420p",
        sound="libopus",
        options={"crf": "24", "b": "0", "row-mt": "1", "deadline": "realtime", "cpu-used": "6"},
        # Frames that are never shown would have to have an alpha too.
        with_alpha={"auto-alt-ref": "0"},
    ),
    "mov": FilmFormat(
        codec="prores_ks",
        opaque="yuv444p10le",
        transparent="yuva444p10le",
        sound="aac",
        options={"profile": "4444", "vendor": "apl0"},
        with_alpha={"alpha_bits": "16"},
    ),
    "mp4": FilmFormat(
        codec="libx264",
        opaque="yuv420p",
        sound="aac",
        even=True,
        options={"crf": "18", "preset": "veryfast"},
        # The index comes first, so that a page can begin to play at once.
        container={"movflags": "+faststart"},
    ),
}
"""Suffix, which is the name of the container in FFmpeg too -> how it is filled."""


def format_of(path: Path) -> str:
    """The format that a suffix names. Raises `OutputError` for any other."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise OutputError(
            f"{path}: suffix '{path.suffix}' is no format of films; use .webm, .mov or .mp4"
        )
    return kind


def check_holds_alpha(kind: str) -> None:
    """Raise `OutputError` where a film of `kind` cannot be seen through."""
    if FORMATS[kind].transparent is None:
        raise OutputError(
            f"{kind} has no transparency; give a background, or use webm (VP9) or mov (ProRes 4444)"
        )
