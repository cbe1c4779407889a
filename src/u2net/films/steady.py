"""Maps of neighbouring frames that agree where the film does.

A recursive temporal filter whose weight falls with the change of the picture, as in the reduction
of noise in films (Dubois and Sabri, "Noise reduction in image sequences using motion-compensated
temporal filtering", IEEE Trans. Communications 32(7), 1984), here for what a network says. What
moves is taken as the network has it, so that no edge lags.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Saliency

KEPT = 0.8
"""Of what was said before, where nothing changed: a lone jump shows by a fifth."""

TOLERANCE = 6.0
"""Levels of change, noise of sensors and codecs averaged out, at which the weight fell to 1/e."""

CUT = 0.2
"""A mean weight, of `KEPT` at most, below which nothing of the scene is left."""

_SIGMA = 1.5
"""Pixels of the map over which change is averaged."""


class Steady:
    """Follows one film; begins anew at every cut."""

    def __init__(self) -> None:
        self._seen: NDArray[np.float32] | None = None
        self._said: Saliency | None = None

    def __call__(self, saliency: Saliency, seen: RGB) -> Saliency:
        """`saliency`, (H, W), of the next frame, drawn to what was said where `seen` stays.

        `seen` is the frame, (H, W, 3), at the size of the map.
        """
        now = seen.astype(np.float32)
        if self._seen is None or self._said is None:
            self._seen, self._said = now, saliency
            return saliency
        weight = _weight(now - self._seen)
        if weight.mean() < CUT * KEPT:
            self._seen, self._said = now, saliency
            return saliency
        # The frames seen are averaged alike: slow change adds up until it is noticed.
        self._seen = now + weight[..., None] * (self._seen - now)
        self._said = saliency + weight * (self._said - saliency)
        return self._said


def _weight(change: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of the past holds, (H, W), 0…`KEPT`, for a `change` of (H, W, 3) levels."""
    # Blurred with its sign, noise goes and what moves stays.
    smooth = np.abs(cv2.GaussianBlur(change, (0, 0), _SIGMA)).max(axis=2)
    return np.asarray(KEPT * np.exp(-np.square(smooth / TOLERANCE)), np.float32)
