"""A cut-out and a background -> a further training pair, by a seeded generator."""

import cv2
import numpy as np
from numpy.random import Generator

from u2net.arrays import RGB, Mask
from u2net.training.data.augment import crop

VISIBLE = 8
"""Alpha, of 255, above which a pixel counts for the extent of a cut-out: what lies below is a veil
that nobody sees (3 %), and would make the object small in its own frame."""


def composite(
    cutout: RGB, alpha: Mask, background: RGB, rng: Generator, *, size: int
) -> tuple[RGB, Mask]:
    """Paste the cut-out, scaled, turned, flipped and shifted, on a crop of the background.

    Returns picture (size, size, 3) and its mask (size, size), uint8.
    """
    canvas, _ = crop(background, background[:, :, 0] * 0, rng, size=size, smallest=0.4)
    cutout, alpha = trimmed(cutout, alpha)
    matrix = placement(alpha.shape, rng, size)
    # Colours under alpha 0 must not bleed into the edge: they are weighed by alpha while they move.
    weight = alpha.astype(np.float32) / 255
    premultiplied = cutout * weight[:, :, None]
    moved = cv2.warpAffine(
        premultiplied.astype(np.float32), matrix, (size, size), flags=cv2.INTER_LINEAR
    )
    opacity = np.asarray(cv2.warpAffine(weight, matrix, (size, size), flags=cv2.INTER_LINEAR))
    pasted = moved + canvas * (1 - opacity[:, :, None])
    return np.rint(pasted).astype(np.uint8), np.rint(opacity * 255).astype(np.uint8)


def trimmed(cutout: RGB, alpha: Mask) -> tuple[RGB, Mask]:
    """The part of a cut-out (height, width, 3) with alpha (height, width) where it is visible."""
    seen = alpha > VISIBLE
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return cutout, alpha
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cutout[window], alpha[window]


def placement(shape: tuple[int, ...], rng: Generator, size: int) -> np.ndarray:
    """The affine map (2, 3) from a cut-out of `shape`, (height, width), to its place on the canvas.

    Its longer side takes .3 to .95 of the canvas, as objects in the sets do; it may stick out by a
    tenth of the room beside it; angles scatter by 12 degrees.
    """
    height, width = shape
    longest = rng.uniform(0.3, 0.95) * size
    scale, turn = longest / max(height, width), np.deg2rad(rng.normal(0, 12))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    linear = np.array([[cosine * mirror, -sine], [sine * mirror, cosine]])
    room = np.maximum(size - scale * np.array([width, height]), 0) / 2
    centre = size / 2 + rng.uniform(-1.1, 1.1, 2) * room
    return np.column_stack([linear, centre - linear @ (np.array([width, height]) / 2)])
