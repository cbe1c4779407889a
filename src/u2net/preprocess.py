"""Photo -> network input: one way for inference, evaluation and training, so that none drifts."""

import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB
from u2net.errors import UnfitImageError
from u2net.pictures import colour
from u2net.pictures.photo import Photo
from u2net.pictures.resample import planes, resize
from u2net.weights.card import Card


def input_of(photo: Photo, card: Card) -> NDArray[np.float32]:
    """What the network of a card sees of a photo: (channels, H, W) at the card's size.

    Raises `UnfitImageError` unless the photo has the channels beside its colours that it needs.
    """
    found = 0 if photo.extra is None else photo.extra.shape[2]
    if found != len(card.extra):
        needs = f"{', '.join(card.extra)} beside the colours" if card.extra else "colours alone"
        raise UnfitImageError(
            f"{card.name}: sees {needs}, and the photo has {found} more channels; "
            "make it with u2net.with_channels(photo, plane)"
        )
    return to_input(photo.rgb, card, icc_profile=photo.icc_profile, extra=photo.extra)


def to_input(
    rgb: RGB,
    card: Card,
    *,
    icc_profile: bytes | None = None,
    extra: NDArray[np.uint8] | None = None,
) -> NDArray[np.float32]:
    """A picture of any size, in the space of `icc_profile`, as (3, H, W) at the card's size.

    Planes of further channels, (H, W, channels), come behind the colours.
    """
    small = resize(rgb, card.size_hw)
    # After the resize: converting every pixel of a large photo would cost more than the network.
    pixels = colour.convert(small, icc_profile, None)
    if extra is not None:
        pixels = np.dstack([pixels, *(resize(plane, card.size_hw) for plane in planes(extra))])
    return normalise(pixels, card)


def normalise(pixels: RGB, card: Card) -> NDArray[np.float32]:
    """sRGB (H, W, 3), 0…255, as (3, H, W): scaled to 0…1, less the card's mean, divided by its std.

    Channels behind the colours, 0…255 of their own maximum, are divided by 255. An all-black
    picture is scaled as if its maximum were 1, where the authors divide by zero.
    """
    # The released weights expect division by the picture's own maximum (the authors' ToTensorLab).
    top = float(max(pixels[:, :, :3].max(), 1)) if card.divide_by_max else 255.0
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (card.mean, card.std))
    values = np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32)
    values[:3] /= top
    values[3:] /= 255
    values -= mean
    values /= std
    return values
