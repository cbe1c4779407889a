"""Where what is seen in one frame of a film lies in the next, and how far the two agree.

Dense flow by inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV
2016), there and back. Where the two do not lead home something came into sight or went out of it
(Sundaram, Brox and Keutzer, "Dense point trajectories by GPU-accelerated large displacement optical
flow", ECCV 2010), and nothing is carried there.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB

KEPT = 0.8
"""Of what was said of a neighbour, where the two frames agree."""

TOLERANCE = 5.0
"""Levels of difference, noise of sensors and codecs averaged out, at which the weight is 1/e."""

CUT = 0.2
"""A mean weight, of `KEPT` at most, below which the two frames are of different scenes."""

LEAST = 0.01
"""The weight that is left where frames disagree: something for what is known from nowhere else."""

_CELL = 2
"""Pixels of a map along one of the flow."""

_SIGMA = 0.75
"""Pixels of the flow over which difference is averaged."""

Floats = NDArray[np.float32]


class Way(NamedTuple):
    """From one frame to its neighbour."""

    sources: tuple[Floats, Floats]
    """For each pixel of the neighbour its x and its y, (H, W), in the one it comes from."""
    weight: Floats
    """(H, W, 1): how much of what comes holds, `LEAST`…`KEPT`."""

    def __call__(self, said: Floats) -> Floats:
        """`said`, (H, W, C), of the one, as it weighs in the neighbour."""
        return np.asarray(self.weight * _from(self.sources, said), np.float32)


class Ways(NamedTuple):
    """Between two frames that follow each other."""

    onward: Way
    back: Way


def ways_between(before: RGB, now: RGB) -> Ways | None:
    """How two frames, (H, W, 3) of one size, lead to each other; None where there was a cut."""
    height, width = now.shape[:2]
    size = max(_LEAST_SIDE, width // _CELL), max(_LEAST_SIDE, height // _CELL)
    old, new = (cv2.resize(seen, size, interpolation=cv2.INTER_AREA) for seen in (before, now))
    back, forth = _flow(new, old), _flow(old, new)
    weights = _weight(old, new, back, forth), _weight(new, old, forth, back)
    if min(weight.mean() for weight in weights) < CUT * KEPT:
        return None
    onward, backward = (
        _enlarged(flow, weight, (width, height))
        for flow, weight in zip((back, forth), weights, strict=True)
    )
    return Ways(onward, backward)


_LEAST_SIDE = 16
"""Pixels, below which the search has nothing to hold on to."""


def _flow(here: NDArray[Any], there: NDArray[Any]) -> Floats:
    """(H, W, 2): from each pixel of `here` to the same thing in `there`."""
    greys = (cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY) for seen in (here, there))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    return np.asarray(search.calc(*greys, None), np.float32)  # type: ignore[call-overload]


def _weight(source: NDArray[Any], seen: NDArray[Any], flow: Floats, home: Floats) -> Floats:
    """(H, W): how far `source`, fetched by `flow`, is what is `seen`; `home` leads back again."""
    change = _fetched(source.astype(np.float32), flow) - seen
    # Averaged with its sign, noise goes and what is wrong stays.
    level = np.maximum.reduce(cv2.split(np.abs(cv2.GaussianBlur(change, (0, 0), _SIGMA))))
    weight = np.maximum(KEPT * np.exp(-np.square(level / TOLERANCE)), LEAST)
    returned = _fetched(home, flow)
    astray = _squared(flow + returned) > 0.01 * (_squared(flow) + _squared(returned)) + 0.5
    return np.asarray(np.where(astray, LEAST, weight), np.float32)


def _squared(flow: Floats) -> Floats:
    """(H, W): of its lengths."""
    return np.asarray(np.square(flow[..., 0]) + np.square(flow[..., 1]), np.float32)


def _enlarged(flow: Floats, weight: Floats, size: tuple[int, int]) -> Way:
    scale = np.array([size[0] / flow.shape[1], size[1] / flow.shape[0]], np.float32)
    larger = np.asarray(cv2.resize(flow, size), np.float32) * scale
    return Way(_sources(larger), np.asarray(cv2.resize(weight, size), np.float32)[..., None])


def _fetched(values: Floats, flow: Floats) -> Floats:
    return _from(_sources(flow), values)


def _sources(flow: Floats) -> tuple[Floats, Floats]:
    lines, columns = np.indices(flow.shape[:2], np.float32)
    return columns + flow[..., 0], lines + flow[..., 1]


def _from(sources: tuple[Floats, Floats], values: Floats) -> Floats:
    fetched = cv2.remap(values, *sources, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(fetched, np.float32)
