"""Cut-out over something else than nothing: a colour, another picture, the photo out of focus."""

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from u2net.arrays import RGB
from u2net.cutout import Cutout, Layers, Picture
from u2net.errors import UnknownBackgroundError
from u2net.pictures import colour
from u2net.pictures.photo import Photo
from u2net.pictures.resample import resize
from u2net.pictures.source import photo_of

_BAND = 256
"""Lines at a time while composing in 16 bits."""

_BLUR_SIDE = 512
"""Longer side, in pixels, at which the blur is computed."""

WAYS = "transparent, blur, a colour (#rrggbb, #rgb or a name of CSS)"

_BLUR_SIGMA = 12.0
"""Standard deviation of the blur at that size, in pixels: the look of a wide aperture."""


@runtime_checkable
class Background(Protocol):
    """What comes behind a cut-out."""

    def behind(self, photo: Photo, cutout: Cutout) -> RGB:
        """Pixels in the photo's own colour space: (H, W, 3), or (1, 1, 3) for one colour."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One sRGB colour."""

    rgb: tuple[int, int, int]

    def behind(self, photo: Photo, cutout: Cutout) -> RGB:
        return colour.convert(np.array([[self.rgb]], np.uint8), None, photo.icc_profile)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Another picture: fills the frame, its middle kept, what stands over is cut off."""

    picture: Photo

    def behind(self, photo: Photo, cutout: Cutout) -> RGB:
        size_hw = photo.size_hw
        filled = resize(covering(self.picture.rgb, size_hw), size_hw)
        return colour.convert(filled, self.picture.icc_profile, photo.icc_profile)


@dataclass(frozen=True, slots=True)
class Blur:
    """The photo itself, out of focus.

    The object is left out of the mean, so that it casts no halo of its own colours around itself.
    """

    def behind(self, photo: Photo, cutout: Cutout) -> RGB:
        height, width = photo.size_hw
        scale = min(1.0, _BLUR_SIDE / max(height, width))
        small_hw = max(1, round(height * scale)), max(1, round(width * scale))
        rgb = resize(photo.rgb, small_hw).astype(np.float32)
        own = np.full_like(cutout.alpha, 255) if photo.alpha is None else photo.alpha
        shown = resize(own, small_hw).astype(np.float32)
        hidden = resize(np.ascontiguousarray(cutout.alpha), small_hw).astype(np.float32)
        # The object still counts a little: all there is where it fills the frame.
        weight = (shown - hidden).clip(0) + shown / np.float32(255)
        total = np.maximum(_blurred(weight), np.float32(1e-3))
        mean = _blurred(rgb * weight[..., None]) / total[..., None]
        return np.asarray(cv2.resize(np.rint(mean).astype(np.uint8), (width, height)), np.uint8)


BackgroundLike: TypeAlias = (
    Background | str | Path | tuple[int, int, int] | Image.Image | NDArray[np.uint8] | None
)
"""What may stand for a background, see `as_background`."""


def as_background(value: BackgroundLike) -> Background | None:
    """The background that `value` stands for; None is nothing.

    A text is a word for one (`worded`) or the path of a picture, a tuple (red, green, blue) one
    colour, and a path, a Pillow image or an array a picture. Raises `ImageError` for all else.
    """
    if value is None or isinstance(value, Background):
        return value
    if isinstance(value, str):
        with suppress(UnknownBackgroundError):
            return worded(value)
        if not os.path.isfile(value):  # noqa: PTH113 (never raises)
            raise _unknown(value, f"no such file; give {WAYS} or a picture")
        value = Path(value)
    if isinstance(value, tuple):
        if len(value) != 3 or not all(type(level) is int and 0 <= level <= 255 for level in value):
            raise _unknown(value, "three levels from 0 to 255 were expected")
        return Colour(value)
    return Scene(on_white(photo_of(value)))


def worded(text: str) -> Background | None:
    """`transparent` (None), `blur`, or a colour of CSS: `white`, `#fff`, `#ffffff`.

    No file is ever looked at: for text from strangers. Raises `UnknownBackgroundError`.
    """
    if text in ("transparent", "blur"):
        return Blur() if text == "blur" else None
    with suppress(ValueError):
        red, green, blue, *alpha = ImageColor.getrgb(text)
        if alpha in ([], [255]):
            return Colour((red, green, blue))
    raise _unknown(text, f"give {WAYS}")


def on_white(photo: Photo) -> Photo:
    """`photo` without transparency: on white, as a page shows it."""
    if photo.alpha is None:
        return photo
    whole = Cutout(pixels=Layers(photo.rgb, photo.alpha), icc_profile=photo.icc_profile)
    white = Colour((255, 255, 255)).behind(photo, whole)
    return replace(photo, rgb=np.asarray(over(whole, white).pixels[:]), alpha=None)


def _unknown(value: object, reason: str) -> UnknownBackgroundError:
    return UnknownBackgroundError(f"background {str(value)[:80]!r}: {reason}")


def over(cutout: Cutout, behind: NDArray[np.uint8]) -> Picture:
    """`cutout` in front of `behind`, (H, W, 3) or (1, 1, 3) in the same space: opaque RGB."""
    height, width = cutout.alpha.shape
    behind = np.broadcast_to(behind, (height, width, 3))
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND):
        lines = slice(top, top + _BAND)
        alpha = cutout.alpha[lines, :, None].astype(np.uint16)
        sum_255 = cutout.pixels.rgb[lines] * alpha + behind[lines] * (255 - alpha) + 128
        # Division by 255, rounded (Blinn, "Three Wrongs Make a Right", 1995).
        pixels[lines] = (sum_255 + (sum_255 >> 8)) >> 8
    return Picture(
        pixels=pixels,
        icc_profile=cutout.icc_profile,
        found=cutout.found,
        density=cutout.density,
        frames=cutout.frames,
    )


def covering(rgb: RGB, size_hw: tuple[int, int]) -> RGB:
    """The largest middle part of `rgb` of the proportions of `size_hw`."""
    height, width = rgb.shape[:2]
    scale = min(height / size_hw[0], width / size_hw[1])
    cut_h, cut_w = (max(1, round(side * scale)) for side in size_hw)
    top, left = (height - cut_h) // 2, (width - cut_w) // 2
    return np.ascontiguousarray(rgb[top : top + cut_h, left : left + cut_w])


def _blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(values, (0, 0), _BLUR_SIGMA, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32)
