"""Photo -> network input: one way for inference, evaluation and training, so that none drifts."""

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB
from u2net.pictures import colour
from u2net.pictures.resample import resize
from u2net.weights.card import Card


def to_input(rgb: RGB, card: Card, *, icc_profile: bytes | None = None) -> NDArray[np.float32]:
    """A picture of any size, in the space of `icc_profile`, as (3, H, W) at the card's size."""
    small = resize(rgb, card.size_hw)
    # After the resize: converting every pixel of a large photo would cost more than the network.
    return normalise(colour.convert(small, icc_profile, None), card)


def normalise(rgb: RGB, card: Card) -> NDArray[np.float32]:
    """sRGB (H, W, 3), 0…255, as (3, H, W): scaled to 0…1, less the card's mean, divided by its std.

    An all-black picture is scaled as if its maximum were 1, where the authors divide by zero.
    """
    # The released weights expect division by the picture's own maximum (the authors' ToTensorLab).
    top = float(max(rgb.max(), 1)) if card.divide_by_max else 255.0
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (card.mean, card.std))
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32)
    planes /= top
    planes -= mean
    planes /= std
    return planes
