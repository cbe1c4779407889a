"""Pillow image -> network input -> mask -> cut-out, with the filters and roundings of rembg.

Held to rembg 2.0.86, whose pixels come out to within one level (`benchmarks/rembg_pixels.py`).
What it does otherwise than this package: LANCZOS both ways, maps cut to whole levels before they
are enlarged, colours that are multiplied by alpha.
"""

from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image

from u2net.arrays import Batch, Maps, Saliency
from u2net.engines import Engine
from u2net.mask import check_numbers, stretched, understood
from u2net.weights.card import Card

LANCZOS = Image.Resampling.LANCZOS

Classes: TypeAlias = tuple[tuple[int, ...], ...]
"""For each mask that is wanted the numbers of the classes in it."""


def masks_of(
    image: Image.Image, engine: Engine, card: Card, wanted: Classes = ()
) -> list[Image.Image]:
    """The masks of `image`, 8-bit grey at its size: one, or one for each of the `wanted` classes.

    Without any, where the network tells classes apart, one for each but the first.
    """
    maps = understood(engine(to_batch(image, card))[0], card)
    if not card.classes:
        return [to_mask(maps[0], image.size)]
    each = tuple((number,) for number in range(1, len(maps)))
    return to_masks_of_classes(maps, image.size, wanted or each)


def to_batch(image: Image.Image, card: Card) -> Batch:
    """An image of any mode as (1, 3, height, width) at the card's size; its profile is not used.

    An image that is black all over is scaled as if its maximum were 1.
    """
    height, width = card.size_hw
    small = np.asarray(image.convert("RGB").resize((width, height), LANCZOS))
    scaled = small / max(float(small.max()), 1e-6)
    planes = (scaled - card.mean) / card.std
    return np.asarray(planes.transpose(2, 0, 1)[None], np.float32)


def to_mask(saliency: Saliency, size: tuple[int, int]) -> Image.Image:
    """`saliency`, 0…1, stretched, in whole levels, then at `size`, (width, height).

    Where it is the same everywhere, where rembg divides by zero, it stays as it is.
    """
    check_numbers(saliency)
    levels = (stretched(saliency).clip(0, 1) * 255).astype(np.uint8)
    return Image.fromarray(levels).resize(size, LANCZOS)


def to_masks_of_classes(maps: Maps, size: tuple[int, int], wanted: Classes) -> list[Image.Image]:
    """One mask, 0 or 255, for each of `wanted`: where the class is one of those numbers.

    As rembg does with clothes: the numbers of the classes are enlarged as if they were levels.
    """
    check_numbers(maps)
    numbers = maps.argmax(axis=0).astype(np.uint8)
    enlarged = np.asarray(Image.fromarray(numbers).resize(size, LANCZOS))
    return [
        Image.fromarray(np.where(np.isin(enlarged, classes), 255, 0).astype(np.uint8))
        for classes in wanted
    ]


def hardened(mask: Image.Image) -> Image.Image:
    """`mask` opened, blurred and cut at 127: what rembg calls `post_process_mask`."""
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    opened = cv2.morphologyEx(np.asarray(mask), cv2.MORPH_OPEN, cross)
    floats = np.asarray(opened, np.float64)
    blurred = cv2.GaussianBlur(floats, (17, 17), 2, borderType=cv2.BORDER_REFLECT)
    return Image.fromarray(np.where(blurred < 127, 0, 255).astype(np.uint8))


def cut_out(image: Image.Image, mask: Image.Image) -> Image.Image:
    """RGBA whose colours are multiplied by the mask, and its alpha by the image's own."""
    nothing = Image.new("RGBA", image.size, 0)
    return Image.composite(image.convert("RGBA"), nothing, mask)


def with_alpha(image: Image.Image, mask: Image.Image) -> Image.Image:
    """A copy of `image` with `mask` for its alpha; all its colours stay in it."""
    made = image.copy()
    made.putalpha(mask)
    return made


def below_each_other(images: list[Image.Image]) -> Image.Image:
    """`images` in one, from above; a single one as it is, several as RGBA."""
    if len(images) == 1:
        return images[0]
    whole = Image.new("RGBA", (images[0].width, sum(image.height for image in images)))
    top = 0
    for image in images:
        whole.paste(image, (0, top))
        top += image.height
    return whole


def over_colour(image: Image.Image, rgba: tuple[int, int, int, int]) -> Image.Image:
    """The RGBA `image` over one colour, which may be transparent."""
    return Image.alpha_composite(Image.new("RGBA", image.size, rgba), image)
