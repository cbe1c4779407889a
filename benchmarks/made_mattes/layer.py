"""Shapes -> an object with exact alpha and colour, drawn at several samples a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SAMPLES = 4
"""Along each side of a pixel: coverage in seventeenths."""

_BAND = 128
"""Lines drawn at a time."""
_SHIFT = 4
"""Bits behind the point of OpenCV's coordinates."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line that grows thinner, or with `filled` a polygon."""

    points: Floats
    """(n, 2), x and y in pixels."""
    colour: tuple[float, float, float] | None
    """0…255; None is a hole in what was drawn before."""
    width: float = 0
    """At the first point, in pixels; half of it at the last."""
    filled: bool = False

    def box(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The least and the greatest (x, y) it may touch."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return (
            np.floor(low - self.width - 1).astype(int),
            np.ceil(high + self.width + 2).astype(int),
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """An object alone."""

    alpha: Floats
    """(H, W), 0…1."""
    colour: Floats
    """(H, W, 3), 0…255, times alpha."""

    def shaded(self, shade: Floats) -> "Layer":
        """With every colour multiplied by `shade`, (H, W)."""
        colour = np.minimum(self.colour * shade[..., None], 255 * self.alpha[..., None])
        return Layer(self.alpha, colour)

    def out_of_focus(self, radius: float) -> "Layer":
        """As a lens sees it whose disc of confusion has `radius`, in pixels."""
        reach = int(np.ceil(radius))
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
        disc /= disc.sum()
        alpha, colour = (
            cv2.filter2D(plane, -1, disc, borderType=cv2.BORDER_REPLICATE)
            for plane in (self.alpha, self.colour)
        )
        return Layer(alpha.clip(0, 1), colour.clip(0, 255))


def draw(strokes: Sequence[Stroke], size_hw: tuple[int, int]) -> Layer:
    """The strokes, one over the other, on a picture of `size_hw`."""
    height, width = size_hw
    alpha = np.zeros((height, width), np.float32)
    colour = np.zeros((height, width, 3), np.float32)
    lows, highs = (np.array(ends) for ends in zip(*(s.box() for s in strokes), strict=True))
    left, right = max(0, lows[:, 0].min()), min(width, highs[:, 0].max())
    for top in range(0, height, _BAND):
        lines = min(_BAND, height - top)
        touching = np.flatnonzero((lows[:, 1] < top + lines) & (highs[:, 1] > top))
        if touching.size:
            band = _drawn([strokes[n] for n in touching], (left, top), (lines, right - left))
            small = cv2.resize(band, (right - left, lines), interpolation=cv2.INTER_AREA)
            alpha[top : top + lines, left:right] = small[..., 3] / 255
            colour[top : top + lines, left:right] = small[..., :3]
    return Layer(alpha, colour)


def _drawn(strokes: Sequence[Stroke], corner: tuple[int, int], size_hw: tuple[int, int]) -> Floats:
    canvas = np.zeros((size_hw[0] * SAMPLES, size_hw[1] * SAMPLES, 4), np.uint8)
    for stroke in strokes:
        colour = (0, 0, 0, 0) if stroke.colour is None else (*stroke.colour, 255)
        # A sample lies in the middle of its cell.
        points = (stroke.points - corner) * SAMPLES - 0.5
        fixed = np.rint(points * (1 << _SHIFT)).astype(np.int32)
        if stroke.filled:
            cv2.fillPoly(canvas, [fixed], colour, cv2.LINE_8, _SHIFT)
            continue
        steps = len(fixed) - 1
        for at, (start, end) in enumerate(pairwise(fixed)):
            thick = max(1, round(stroke.width * SAMPLES * (1 - at / (2 * steps))))
            cv2.line(canvas, start.tolist(), end.tolist(), colour, thick, cv2.LINE_8, _SHIFT)
    return canvas.astype(np.float32)
