"""What a request asks for, checked before any work."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from PIL import ImageColor

from u2net.crop import NO_MARGIN, Margin
from u2net.serve.removebg.failure import wrong
from u2net.serve.removebg.fields import Fields

_PREVIEW, _MEDIUM, _HD, _FULL, _FULL_PNG = 0.25, 1.5, 4.0, 25.0, 10.0
_SIZES = {
    **dict.fromkeys(("preview", "small", "regular"), _PREVIEW),
    "medium": _MEDIUM,
    "hd": _HD,
    **dict.fromkeys(("full", "4k", "auto"), _FULL),
}
"""Megapixels of the result, at most."""

FORMATS = ("auto", "png", "jpg", "zip", "webp")
TYPES = (
    "auto",
    "person",
    "product",
    "car",
    "animal",
    "graphic",
    "graphics",
    "transportation",
)
NOT_DONE = ("add_shadow", "shadow_type", "shadow_method", "shadow_opacity")
_LENGTH = re.compile(r"(-?\d{1,6}(?:\.\d+)?)(px|%)")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)%")
_NOTHING = ("false", "none", "0", "auto")


class Length(NamedTuple):
    """Pixels, or a share of a side."""

    value: float
    percent: bool

    def of(self, side: int) -> int:
        """In pixels of a side that has so many."""
        return round(self.value * side / 100 if self.percent else self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All that was asked for but the pictures themselves."""

    megapixels: float
    roi: tuple[Length, ...] | None
    """Left, top, right, bottom; None is all of the picture."""
    crop: bool
    margin: Margin
    scale: float | None
    """Of the canvas that the object takes, 0.1…1; None leaves it as it is."""
    position: tuple[float, float] | None
    """Across and down, 0…1; None leaves the object where it is."""
    mask: bool
    colour: tuple[int, int, int, int] | None
    """Red, green, blue and opacity of what comes behind."""
    format: str
    typed: bool
    """Whether the answer says what the object is."""


def wishes_of(fields: Fields) -> Wishes:
    """What `fields` ask for. Raises `Problem`; what is not done here is never left out silently."""
    for name in NOT_DONE:
        if _text(fields, name, "none") not in _NOTHING:
            raise wrong(f"invalid-{name.replace('_', '-')}", f"{name} is not done here")
    if not _flag(fields, "semitransparency", default=True):
        raise wrong("invalid-semitransparency", "edges are always soft here: leave it out")
    kind = _choice(fields, "format", FORMATS)
    _choice(fields, "type", TYPES)
    scale = _scale(_text(fields, "scale", "original"))
    position = "original" if scale is None else "center"
    crop = _flag(fields, "crop", default=False)
    return Wishes(
        megapixels=_megapixels(_text(fields, "size", "preview"), kind),
        roi=_roi(_text(fields, "roi", "")),
        crop=crop,
        margin=_margin(_text(fields, "crop_margin", "0")) if crop else NO_MARGIN,
        scale=scale,
        position=_position(_text(fields, "position", position)),
        mask=_choice(fields, "channels", ("rgba", "alpha")) == "alpha",
        colour=_colour(_text(fields, "bg_color", "")),
        format=kind,
        typed=_choice(fields, "type_level", ("1", "2", "latest", "none")) != "none",
    )


def _text(fields: Fields, name: str, default: str) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise wrong(f"invalid-{name.replace('_', '-')}", f"{name}: a text was expected, no file")
    return value.strip()


def _choice(fields: Fields, name: str, values: tuple[str, ...]) -> str:
    value = _text(fields, name, values[0])
    if value not in values:
        told = f"{name} is one of {', '.join(values)}"
        raise wrong(f"invalid-{name.replace('_', '-')}", told)
    return value


def _flag(fields: Fields, name: str, *, default: bool) -> bool:
    value = _text(fields, name, str(default)).lower()
    if value not in ("true", "1", "false", "0"):
        raise wrong(f"invalid-{name.replace('_', '-')}", f"{name} is true or false")
    return value in ("true", "1")


def _megapixels(size: str, kind: str) -> float:
    if size not in _SIZES:
        raise wrong("invalid-size", f"size is one of {', '.join(_SIZES)}")
    return min(_SIZES[size], _FULL if kind in ("jpg", "zip") else _FULL_PNG)


def _roi(text: str) -> tuple[Length, ...] | None:
    if not text:
        return None
    found = [_LENGTH.fullmatch(part) for part in text.split()]
    if len(found) != 4 or None in found:
        raise wrong("invalid-roi", "four lengths such as '10% 20px 90% 300px': x1 y1 x2 y2")
    return tuple(Length(float(one[1]), one[2] == "%") for one in found if one)


def _margin(text: str) -> Margin:
    try:
        return Margin.parse(text)
    except ValueError as error:
        raise wrong("invalid-crop-margin", str(error)) from error


def _scale(text: str) -> float | None:
    if text == "original":
        return None
    found = _PERCENT.fullmatch(text)
    if not found or not 10 <= float(found[1]) <= 100:
        raise wrong("invalid-scale", "scale is 'original', or '10%' to '100%'")
    return float(found[1]) / 100


def _position(text: str) -> tuple[float, float] | None:
    if text == "original":
        return None
    parts = ["50%"] if text == "center" else text.split()
    found = [_PERCENT.fullmatch(part) for part in parts]
    shares = [float(one[1]) / 100 for one in found if one]
    if len(shares) != len(parts) or len(parts) not in (1, 2) or max(shares) > 1:
        raise wrong("invalid-position", "position is 'original', 'center', '30%', or '30% 70%'")
    return shares[0], shares[-1]


def _colour(text: str) -> tuple[int, int, int, int] | None:
    if not text:
        return None
    is_hex = re.fullmatch("(?:[0-9a-fA-F]{3,4}){1,2}", text)
    try:
        red, green, blue, *alpha = ImageColor.getrgb(f"#{text}" if is_hex else text)
    except ValueError as error:
        raise wrong("invalid-bg-color", "a hex code such as 81d4fa, or a name") from error
    return red, green, blue, alpha[0] if alpha else 255
