"""Alpha and its truth -> the errors of image matting, over the picture and in its band.

SAD, MSE, gradient and connectivity as Rhemann et al. (CVPR 2009) define them; sums are in
thousands, as papers print them. The colour error is the mean difference of foreground colours
(Germer et al., "Fast Multi-Level Foreground Estimation", ICPR 2020), weighted by the true alpha.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGBA
from u2net.evaluation.measures.connectivity import connectivity_errors
from u2net.evaluation.measures.gradient import Alphas, gradient_errors

BAND = 0.01
"""How far the band reaches beyond what is half transparent, of the picture's diagonal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlphaErrors:
    """The errors of one picture; less is better."""

    sad: float
    """Sum of |α − α*|, in thousands of pixels."""
    mse: float
    """Mean of (α − α*)², 0…1."""
    gradient: float
    """Sum of `gradient_errors`, in thousands."""
    connectivity: float
    """Sum of `connectivity_errors`, in thousands."""
    band_sad: float
    """As `sad`, in the band alone; and so on."""
    band_mse: float
    band_gradient: float
    band_connectivity: float
    band_colour: float | None
    """Mean of |F − F*| over the channels and the band, 0…1, weighted by the true alpha, where alpha
    shows anything; None where no colours can be compared."""
    mixed_colour: float | None
    """As `band_colour`, where the truth is half transparent alone: there a photo's own colours are
    those of a mixture, and elsewhere in the band they are right."""


def alpha_errors(ours: RGBA, truth: RGBA, *, coloured: bool) -> AlphaErrors:
    """The errors of a cut-out, (height, width, 4), and a truth of its size.

    Unless both are `coloured` there is no colour error.
    """
    alpha, true = (pixels[..., 3].astype(np.float32) / np.float32(255) for pixels in (ours, truth))
    planes: dict[str, Alphas] = {
        "sad": abs(alpha - true),
        "mse": (alpha - true) ** 2,
        "gradient": gradient_errors(alpha, true),
        "connectivity": connectivity_errors(alpha, true),
    }
    unsure = band(truth[..., 3])
    found = {name: summed(plane, name) for name, plane in planes.items()}
    found |= {f"band_{name}": summed(plane[unsure], name) for name, plane in planes.items()}
    weight = np.where(unsure & (ours[..., 3] > 0), true, 0)
    colours = [
        colour_error(ours, truth, where) if coloured else None
        for where in (weight, np.where(true < 1, weight, 0))
    ]
    return AlphaErrors(**found, band_colour=colours[0], mixed_colour=colours[1])


def band(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where an alpha, 0…255, is or borders on what is neither nothing nor all.

    A hard edge counts too: the band is there whatever the object's outline is like.
    """
    reach = max(1, round(BAND * float(np.hypot(*alpha.shape))))
    square = np.ones((3, 3), np.uint8)
    # Where there is something and not all of it: between the neighbourhood's least and greatest.
    mixed = (cv2.dilate(alpha, square) > 0) & (cv2.erode(alpha, square) < 255)
    # Distances are to the nearest 0; where there is none they are greater than any picture.
    away = cv2.distanceTransform((~mixed).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= reach)


def summed(errors: Alphas, name: str) -> float:
    """What a measure makes of the errors of its pixels."""
    total = float(errors.sum(dtype=np.float64))
    if name == "mse":
        return total / errors.size if errors.size else 0.0
    return total / 1000


def colour_error(ours: RGBA, truth: RGBA, weight: Alphas) -> float | None:
    """The mean over pixels and channels, 0…1; None where nothing weighs."""
    total = float(weight.sum(dtype=np.float64))
    apart = cv2.absdiff(ours, truth)[..., :3].mean(axis=2, dtype=np.float32) / 255
    return float((apart * weight).sum(dtype=np.float64)) / total if total else None
