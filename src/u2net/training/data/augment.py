"""Picture and mask -> a training sample: pure functions of a seeded generator.

`paper` is what the authors' `data_loader.py` does; `strong` is ours. Both take a picture (height,
width, 3) and its mask (height, width), uint8 0…255, of any size, and return squares of `size`
pixels: (size, size, 3) and (size, size), uint8. No argument is written to. A mask may have a plane
for each class, (height, width, classes); or, with `numbers`, it is a class map, whose numbers are
picked and never mixed. Channels of a picture behind its colours, such as depth, are moved with them
and not recoloured.

The ranges of `strong` were chosen by eye, so that people still know what a picture shows; they were
not searched.
"""

from typing import Literal

import cv2
import numpy as np
from numpy.random import Generator

from u2net.arrays import RGB, Mask

Sample = tuple[RGB, Mask]

TRIES = 4
"""Windows that are drawn before the whole picture is taken."""
KEPT = 0.5
"""A crop keeps this share of the mask at least, so that the object stays the salient one."""


def paper(
    rgb: RGB,
    mask: Mask,
    rng: Generator,
    *,
    resize: int,
    size: int,
    flip: Literal["horizontal", "vertical"],
) -> Sample:
    """Squash to `resize`, crop `size` anywhere, flip half of them."""
    square = (resize, resize)
    rgb = cv2.resize(rgb, square, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    # Levels and class numbers alike; OpenCV drops an axis of one.
    resized = cv2.resize(mask, square, interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    mask = resized.reshape(*square, *mask.shape[2:])
    top, left = rng.integers(0, resize - size + 1, 2)
    window = np.s_[top : top + size, left : left + size]
    axis = 1 if flip == "horizontal" else 0
    rgb, mask = rgb[window], mask[window]
    if rng.random() < 0.5:
        rgb, mask = np.flip(rgb, axis), np.flip(mask, axis)
    return np.ascontiguousarray(rgb), np.ascontiguousarray(mask)


def strong(
    rgb: RGB,
    mask: Mask,
    rng: Generator,
    *,
    size: int,
    smallest: float,
    turn: float = 0.0,
    plain: float = 0.0,
    numbers: bool = False,
) -> Sample:
    """Crop with scale and aspect jitter, flip, turn, then change colours and quality.

    `turn` is the standard deviation of the angle in degrees; `plain` the share of the samples whose
    background becomes one colour. At 0 neither draws from `rng`.
    """
    rgb, mask = crop(rgb, mask, rng, size=size, smallest=smallest, numbers=numbers)
    if turn:
        angle = rng.normal(0, turn)
        rgb, mask = turned(rgb, angle), turned(mask, angle, numbers=numbers)
    if plain and rng.random() < plain:
        rgb = on_plain(rgb, mask, rng)
    colours = degrade(recolour(rgb[:, :, :3], rng), rng)
    return (np.dstack([colours, rgb[:, :, 3:]]) if rgb.shape[2] > 3 else colours), mask


def turned(plane: Mask, degrees: float, *, numbers: bool = False) -> Mask:
    """`plane`, (height, width[, channels]), turned about the middle; corners are filled with what
    mirrors into them, so that a mask stays the mask of its picture."""
    height, width = plane.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return np.asarray(
        cv2.warpAffine(
            plane,
            matrix,
            (width, height),
            flags=cv2.INTER_NEAREST if numbers else cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        ),
        np.uint8,
    ).reshape(plane.shape)


def on_plain(rgb: RGB, mask: Mask, rng: Generator) -> RGB:
    """The object before one colour: a light grey as of a studio half of the time, else any."""
    colour = np.full(3, rng.uniform(200, 255)) if rng.random() < 0.5 else rng.uniform(0, 255, 3)
    opacity = mask[:, :, None].astype(np.float32) / 255
    return np.rint(rgb * opacity + colour * (1 - opacity)).astype(np.uint8)


def crop(
    rgb: RGB, mask: Mask, rng: Generator, *, size: int, smallest: float, numbers: bool = False
) -> Sample:
    """A window of `smallest`…1 of each side, squashed to a square, flipped half of the time.

    Aspects scatter by 12 % on either side; a share drawn above 1, up to 1.15, is the whole side.
    """
    height, width = mask.shape[:2]
    whole = amount(mask, numbers=numbers)
    top, left, bottom, right = 0, 0, height, width
    for _ in range(TRIES):
        shares = np.clip(rng.uniform(smallest, 1.15) * np.exp(rng.normal(0, 0.12, 2)), smallest, 1)
        rows, columns = (
            max(1, round(side * s)) for side, s in zip((height, width), shares, strict=True)
        )
        y, x = int(rng.integers(0, height - rows + 1)), int(rng.integers(0, width - columns + 1))
        if amount(mask[y : y + rows, x : x + columns], numbers=numbers) >= KEPT * whole:
            top, left, bottom, right = y, x, y + rows, x + columns
            break
    rgb = sized(rgb[top:bottom, left:right], (size, size))
    mask = sized(mask[top:bottom, left:right], (size, size), numbers=numbers)
    if rng.random() < 0.5:
        rgb, mask = rgb[:, ::-1], mask[:, ::-1]
    return np.ascontiguousarray(rgb), np.ascontiguousarray(mask)


def amount(mask: Mask, *, numbers: bool) -> int:
    """How much of a mask there is: its levels, or the pixels of all classes but number 0."""
    return int(np.count_nonzero(mask) if numbers else mask.sum(dtype=np.int64))


def sized(plane: Mask, size_hw: tuple[int, int], *, numbers: bool = False) -> Mask:
    """`plane`, (height, width[, channels]) uint8, squashed to a height and width."""
    height, width = size_hw
    if plane.shape[:2] == size_hw:
        return plane
    shrinks = height * width < plane.shape[0] * plane.shape[1]
    # OpenCV for speed; serving's resize made the packed pixels that this begins with.
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    method = cv2.INTER_NEAREST_EXACT if numbers else method
    resized = cv2.resize(plane, (width, height), interpolation=method)
    return np.asarray(resized, np.uint8).reshape(*size_hw, *plane.shape[2:])


def recolour(rgb: RGB, rng: Generator) -> RGB:
    """Brightness, contrast, saturation and tint, four times of five; grey once in ten.

    Picture in and out (height, width, 3), uint8. Grey is Rec. 601 luma.
    """
    if rng.random() < 0.8:
        contrast, saturation = rng.uniform(0.7, 1.3), rng.uniform(0.6, 1.4)
        brightness, tint = rng.uniform(-30, 30), rng.uniform(0.9, 1.1, 3)
        mix = saturation * np.eye(3) + (1 - saturation) * np.array([0.299, 0.587, 0.114])
        change = np.empty((3, 4))
        change[:, :3] = contrast * tint[:, None] * mix
        change[:, 3] = brightness + 128 * (1 - contrast)
        rgb = np.asarray(cv2.transform(rgb, change), np.uint8)
    if rng.random() < 0.1:
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        rgb = np.asarray(cv2.merge([grey, grey, grey]), np.uint8)
    return rgb


def degrade(rgb: RGB, rng: Generator) -> RGB:
    """Blur, noise and JPEG blocks, each for some pictures only; (height, width, 3), uint8."""
    if rng.random() < 0.15:
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.6)), np.uint8)
    if rng.random() < 0.1:
        noise = rng.normal(0, rng.uniform(2, 12), rgb.shape)
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        quality = int(rng.integers(30, 90))
        _, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
        rgb = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return rgb
