"""Pixels at one size -> pixels at another."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from u2net.machine.cores import cores

Pixels = TypeVar("Pixels", NDArray[np.uint8], NDArray[np.float32])

_BAND = 256
"""Lines at a time."""

_MANY = 1 << 19
"""Pixels from which two threads are worth their start."""

_ENOUGH = 3
"""Plain means over pairs of lines and columns come first, while they leave this multiple of the
wanted size."""


def resize(pixels: Pixels, size_hw: tuple[int, int]) -> Pixels:
    """(H, W) or, uint8 only, (H, W, 3), at `size_hw`: bilinear, the filter widened to shrink.

    Equal to Pillow's BILINEAR below six times the wanted size; beyond that within half a level of
    it on average, at the speed of OpenCV.
    """
    height, width = size_hw
    if size_hw == pixels.shape[:2]:
        return pixels
    seen_h, seen_w = float(pixels.shape[0]), float(pixels.shape[1])
    while True:
        rows = 2 if pixels.shape[0] // height >= 2 * _ENOUGH else 1
        columns = 2 if pixels.shape[1] // width >= 2 * _ENOUGH else 1
        if rows == columns == 1:
            break
        pixels = _means(pixels, rows, columns)
        seen_h, seen_w = seen_h / rows, seen_w / columns
    found: Pixels = _filtered(Image.fromarray(pixels), size_hw, (seen_h, seen_w))
    return found


def _filtered(image: Image.Image, size_hw: tuple[int, int], seen_hw: tuple[float, float]) -> Any:
    """`image` as far as it is seen, at `size_hw`; a large one by halves, side by side."""
    (height, width), (seen_h, seen_w) = size_hw, seen_hw
    parts = 2 if image.width * image.height >= _MANY and height % 2 == 0 and cores() > 1 else 1

    def part(at: int) -> Any:
        box = 0, seen_h * at / parts, seen_w, seen_h * (at + 1) / parts
        size = width, height // parts
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box))

    if parts == 1:
        return part(0)
    with ThreadPoolExecutor(parts) as pool:
        return np.concatenate(list(pool.map(part, range(parts))))


def bands(
    values: NDArray[np.float32], size_hw: tuple[int, int]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """`values`, (H, W) or (H, W, planes), resized bilinearly to `size_hw`: some lines at a time.

    So a large picture is never whole in float32. Where it shrinks the filter is widened.
    """
    height, width = size_hw
    small_hw = min(height, values.shape[0]), min(width, values.shape[1])
    if small_hw != values.shape[:2]:
        values = np.stack([resize(plane, small_hw) for plane in planes(values)], axis=-1)
    tall = cv2.resize(values, (small_hw[1], height), interpolation=cv2.INTER_LINEAR)
    for top in range(0, height, _BAND):
        lines = tall[top : top + _BAND]
        band = cv2.resize(lines, (width, len(lines)), interpolation=cv2.INTER_LINEAR)
        yield slice(top, top + _BAND), np.asarray(band, np.float32)


def planes(pixels: Pixels) -> Iterator[Pixels]:
    """The planes (H, W) of (H, W) or (H, W, planes)."""
    for plane in np.moveaxis(np.atleast_3d(pixels), -1, 0):
        yield np.ascontiguousarray(plane)


def _means(pixels: Pixels, rows: int, columns: int) -> Pixels:
    """Means over `rows` × `columns`; the last are repeated for a line or column left over."""
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    whole = pixels[: height * rows, : width * columns]
    means = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    left_h, left_w = pixels.shape[0] % rows, pixels.shape[1] % columns
    if left_h or left_w:
        means = cv2.copyMakeBorder(means, 0, left_h, 0, left_w, cv2.BORDER_REPLICATE)
    return np.asarray(means, pixels.dtype)
