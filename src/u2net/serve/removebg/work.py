"""The picture that was asked for: cut out, cropped, scaled, placed, and put over a background."""

import math
from dataclasses import dataclass, replace
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import Box
from u2net.background import Background, Colour
from u2net.crop import Margin
from u2net.cutout import Cutout, Layers, Picture
from u2net.pictures.photo import Photo
from u2net.pictures.resample import resize
from u2net.pictures.source import photo_of
from u2net.remover import Remover
from u2net.serve.compose import composed, over_colour
from u2net.serve.removebg.failure import wrong
from u2net.serve.removebg.wishes import Wishes

WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An answer with a picture."""

    data: bytes
    kind: str
    """png, jpg, webp or zip."""
    size: tuple[int, int]
    """Width and height."""
    foreground: Box
    """Where the object was, in the picture that came."""


def make(data: bytes, wishes: Wishes, remover: Remover, behind: Background | None) -> Result:
    """All the work on one request. Raises `ImageError`, or `Problem` where nothing is found."""
    whole = photo_of(data, limits=remover.options.limits)
    photo = shrunk(whole, wishes.megapixels * 1e6)
    cutout = cut_out_within(photo, wishes, remover)
    box = cutout.box()
    if box is None:
        raise wrong("unknown-foreground", "nothing stands out from its background")
    foreground = scaled(box, whole.size_hw[0] / photo.size_hw[0])
    placed = place(cutout, box, wishes)
    return encode(placed, wishes, behind, foreground)


def shrunk(photo: Photo, pixels: float) -> Photo:
    """`photo` with at most so many pixels, its proportions kept."""
    height, width = photo.size_hw
    by = math.sqrt(pixels / (height * width))
    if by >= 1:
        return photo
    size_hw = max(1, int(height * by)), max(1, int(width * by))
    alpha = None if photo.alpha is None else resize(photo.alpha, size_hw)
    return replace(photo, rgb=resize(photo.rgb, size_hw), alpha=alpha, size_hw=size_hw)


def cut_out_within(photo: Photo, wishes: Wishes, remover: Remover) -> Cutout:
    """The object of `photo`, looked for in the region of interest alone."""
    box = region(wishes, photo.size_hw)
    found = remover.picture_of(photo.within(box))
    assert isinstance(found, Cutout), "no mask and no background were asked for"
    alpha = np.zeros(photo.size_hw, np.uint8)
    alpha[box.inside] = found.alpha
    return replace(found, pixels=Layers(photo.rgb, alpha))


def region(wishes: Wishes, size_hw: tuple[int, int]) -> Box:
    """Where the object may be. Raises `Problem` for a region without pixels, or beyond them."""
    height, width = size_hw
    if wishes.roi is None:
        return Box(0, 0, width, height)
    left, top, right, bottom = (
        length.of(side) for length, side in zip(wishes.roi, (width, height) * 2, strict=True)
    )
    if not (0 <= left <= width and 0 <= right <= width) or not (
        0 <= top <= height and 0 <= bottom <= height
    ):
        raise wrong("roi-exceeds-bounds", f"the picture has {width}×{height} pixels")
    if right <= left or bottom <= top:
        raise wrong("roi-region-empty", "x1 y1 is the upper left corner, x2 y2 the lower right")
    return Box(left, top, right - left, bottom - top)


def scaled(box: Box, by: float) -> Box:
    """`box` in a picture so many times as large."""
    return Box(*(round(side * by) for side in box))


def place(cutout: Cutout, box: Box, wishes: Wishes) -> Cutout:
    """The object, in `box` of `cutout`, as large and where it was asked for to be."""
    width, height = cutout.size
    left, top = box.left, box.top
    if wishes.crop:
        left, top, width, height = cropped(box, wishes.margin)
    elif wishes.scale is None and wishes.position is None:
        return cutout
    layers = cutout.pixels.within(box)
    # A margin may make it larger than the picture was.
    by = math.sqrt(wishes.megapixels * 1e6 / (width * height))
    if by < 1:
        width, height = max(1, int(width * by)), max(1, int(height * by))
        left, top = min(int(left * by), width - 1), min(int(top * by), height - 1)
        size_hw = round(box.height * by), round(box.width * by)
        layers = resized(layers, (min(size_hw[0], height - top), min(size_hw[1], width - left)))
    if wishes.scale is not None:
        by = wishes.scale * min(width / box.width, height / box.height)
        layers = resized(layers, (round(box.height * by), round(box.width * by)))
    if wishes.position is not None:
        across, down = wishes.position
        left = round((width - layers.shape[1]) * across)
        top = round((height - layers.shape[0]) * down)
    return replace(cutout, pixels=on_canvas(layers, (left, top), (height, width)))


def cropped(box: Box, margin: Margin) -> Box:
    """Where the object lies in a canvas of its own: left and top there, and the canvas' size."""
    left, right = margin.left.of(box.width), margin.right.of(box.width)
    top, bottom = margin.top.of(box.height), margin.bottom.of(box.height)
    return Box(left, top, box.width + left + right, box.height + top + bottom)


def resized(layers: Layers, size_hw: tuple[int, int]) -> Layers:
    """`layers` at another size, a pixel or more each way."""
    height, width = (max(1, side) for side in size_hw)

    def at_size(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if height <= plane.shape[0]:
            return resize(np.ascontiguousarray(plane), (height, width))
        return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC))

    return Layers(at_size(layers.rgb[:]), at_size(layers.alpha))


def on_canvas(layers: Layers, at: tuple[int, int], size_hw: tuple[int, int]) -> Layers:
    """`layers` with their left and top `at`, on nothing."""
    canvas_rgb = np.zeros((*size_hw, 3), np.uint8)
    canvas_alpha = np.zeros(size_hw, np.uint8)
    height, width = layers.shape[:2]
    inside = Box(*at, width, height).inside
    canvas_rgb[inside], canvas_alpha[inside] = layers.rgb[:], layers.alpha
    return Layers(canvas_rgb, canvas_alpha)


def encode(cutout: Cutout, wishes: Wishes, behind: Background | None, foreground: Box) -> Result:
    """`cutout` as a file of the format that was asked for, over what shall come behind."""
    if wishes.format == "zip":
        return Result(data=zipped(cutout), kind="zip", size=cutout.size, foreground=foreground)
    picture = finished(cutout, wishes, behind)
    kind = wishes.format
    if kind == "auto":
        kind = "png" if wishes.mask or picture.pixels.shape[2:] == (4,) else "jpg"
    if kind == "jpg" and isinstance(picture, Cutout):
        picture = composed(picture, Colour(WHITE))
    return Result(data=picture.encode(kind), kind=kind, size=picture.size, foreground=foreground)


def finished(cutout: Cutout, wishes: Wishes, behind: Background | None) -> Picture:
    """The alpha, the cut-out, or the cut-out over a colour or a picture."""
    if wishes.mask:
        return Picture(pixels=cutout.alpha, density=cutout.density)
    if behind is not None:
        return composed(cutout, behind)
    if wishes.colour is None:
        return cutout
    return over_colour(cutout, wishes.colour)


def zipped(cutout: Cutout) -> bytes:
    """Colours and alpha, each as a file; where alpha is 0, so is the colour."""
    seen = np.ascontiguousarray(cutout.pixels[:][..., :3])
    colours = Picture(pixels=seen, icc_profile=cutout.icc_profile, density=cutout.density)
    alpha = Picture(pixels=cutout.alpha, density=cutout.density)
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        archive.writestr("color.jpg", colours.encode("jpg"))
        archive.writestr("alpha.png", alpha.encode("png"))
    return buffer.getvalue()
