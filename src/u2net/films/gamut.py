"""Wide colours -> those of BT.709, which every result is in."""

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB

Chromaticities = tuple[tuple[float, float], ...]

_D65 = 0.3127, 0.3290
_BT709 = (0.640, 0.330), (0.300, 0.600), (0.150, 0.060)

WIDE: dict[int, Chromaticities] = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
"""Colour primaries of H.273 that are converted -> x and y of red, green, blue; white is D65."""

_STEPS = 1 << 14
"""Of linear light: 0.07 levels at the dark end, where the curve is steepest."""


def narrowed(rgb: RGB, primaries: int) -> RGB:
    """`rgb` of `WIDE` primaries in those of BT.709; what lies outside is clipped."""
    linear = cv2.transform(cv2.LUT(rgb, _linear()), _matrix(primaries))
    steps = (linear.clip(0, 1) * (_STEPS - 1)).round().astype(np.uint16)
    return np.asarray(_curve()[steps], np.uint8)


@cache
def _matrix(primaries: int) -> NDArray[np.float64]:
    """Linear RGB to linear RGB, through CIE XYZ (SMPTE RP 177)."""
    return np.asarray(np.linalg.inv(_to_xyz(_BT709)) @ _to_xyz(WIDE[primaries]))


def _to_xyz(primaries: Chromaticities) -> NDArray[np.float64]:
    columns = np.array([_xyz(*xy) for xy in primaries]).T
    return np.asarray(columns * np.linalg.solve(columns, _xyz(*_D65)), np.float64)


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1, (1 - x - y) / y])


@cache
def _linear() -> NDArray[np.float32]:
    """Level -> light, by the curve of BT.709, which BT.2020 shares."""
    level = np.arange(256) / 255
    light = np.where(level < 0.081, level / 4.5, ((level + 0.099) / 1.099) ** (1 / 0.45))
    return light.astype(np.float32)


@cache
def _curve() -> NDArray[Any]:
    """Step of light -> level."""
    light = np.arange(_STEPS) / (_STEPS - 1)
    level = np.where(light < 0.018, 4.5 * light, 1.099 * light**0.45 - 0.099)
    return np.asarray((255 * level).round(), np.uint8)
