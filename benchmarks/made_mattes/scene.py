"""An object over a photograph -> a picture, and what is true of it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from made_mattes.kinds import Kind
from u2net.background import covering
from u2net.pictures.resample import resize


@dataclass(frozen=True, slots=True)
class Scene:
    """A made picture."""

    rgb: NDArray[np.uint8]
    """(H, W, 3): the object over the photograph."""
    truth: NDArray[np.uint8]
    """(H, W, 4): the object alone, straight alpha."""


def make(
    kind: Kind,
    photo: NDArray[np.uint8],
    size_hw: tuple[int, int],
    *,
    seed: int,
    share: float = 0.4,
    blur: float = 0,
) -> Scene:
    """An object of `kind` over `photo`, cut and resized to `size_hw`.

    The object's radius is `share` of the shorter side, the photo's blur as much of it as `blur`.
    """
    radius = share * min(size_hw)
    layer = kind(np.random.default_rng(seed), size_hw, radius)
    alpha = np.rint(layer.alpha * 255).astype(np.uint8)
    straight = layer.colour / np.maximum(layer.alpha, 1e-3)[..., None]
    colour = np.where(alpha[..., None], np.rint(straight.clip(0, 255)), 0).astype(np.uint8)
    behind = resize(covering(photo, size_hw), size_hw)
    if blur:
        behind = cv2.GaussianBlur(behind, (0, 0), blur * min(size_hw))
    weight = (alpha / np.float32(255))[..., None]
    rgb = np.rint(colour * weight + behind * (1 - weight)).astype(np.uint8)
    return Scene(rgb, np.dstack([colour, alpha]))
