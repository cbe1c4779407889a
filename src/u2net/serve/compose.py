"""A cut-out over what comes behind it, once it lies where it was asked for to be."""

from dataclasses import replace

import numpy as np

from u2net.background import Background, Colour, over
from u2net.cutout import Cutout, Layers, Picture
from u2net.pictures.photo import Photo


def over_colour(cutout: Cutout, rgba: tuple[int, int, int, int]) -> Picture:
    """`cutout` in front of an sRGB colour that hides 0…255 of what lies behind it."""
    *rgb, opacity = rgba
    colour = Colour((rgb[0], rgb[1], rgb[2]))
    return composed(cutout, colour) if opacity == 255 else translucent(cutout, colour, opacity)


def composed(cutout: Cutout, behind: Background) -> Picture:
    """`cutout` in front of `behind`, opaque."""
    return over(cutout, behind.behind(photo_like(cutout), cutout))


def translucent(cutout: Cutout, colour: Colour, opacity: int) -> Cutout:
    """`cutout` in front of a colour that hides 0…255 of what lies behind it."""
    photo = photo_like(cutout)
    behind = colour.behind(photo, cutout).astype(np.float32)
    alpha = cutout.alpha.astype(np.float32) / 255
    shown = (1 - alpha) * np.float32(opacity / 255)
    total = np.maximum(alpha + shown, np.float32(1e-6))
    rgb = (cutout.pixels.rgb[:] * alpha[..., None] + behind * shown[..., None]) / total[..., None]
    levels = np.rint(rgb).astype(np.uint8), np.rint(total * 255).astype(np.uint8)
    return replace(cutout, pixels=Layers(*levels))


def photo_like(cutout: Cutout) -> Photo:
    """What a background needs to know of the picture that it comes behind."""
    size_hw = cutout.alpha.shape[0], cutout.alpha.shape[1]
    return Photo(rgb=cutout.pixels.rgb[:], size_hw=size_hw, icc_profile=cutout.icc_profile)
