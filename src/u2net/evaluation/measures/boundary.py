"""Binary mask and truth -> how well their boundaries agree.

Both measures are of one picture; a set's figure is their mean. A frame that cuts an object is a
boundary for `boundary_iou` and none for `relaxed_boundary_f`: each follows its source.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.evaluation.measures.paper import BETA_SQUARED

Binary = NDArray[np.bool_]
"""Foreground or not, (height, width)."""

SLACK = 3
"""Pixels by which a boundary may be off, as in the U²-Net paper."""

_SQUARE = np.ones((3, 3), np.uint8)
_OFFSETS = np.arange(-SLACK, SLACK + 1)
_DISC = (np.add.outer(_OFFSETS**2, _OFFSETS**2) <= SLACK**2).astype(np.uint8)


def relaxed_boundary_f(mask: Binary, truth: Binary) -> float:
    """F (β² = 0.3) of boundary pixels, 0…1, with a slack of 3 pixels (Ehrig and Euzenat 2005).

    The definition of BASNet (Qin et al. 2019) and U²-Net, made exact where they leave it open:

    - the boundary of a plane is the plane XOR its erosion by a 3×3 square, with the outside of the
      picture as foreground, so that the frame is no boundary;
    - precision is the part of the mask's boundary pixels that have a boundary pixel of the truth
      at a Euclidean distance of at most 3 pixels, recall the same with both exchanged;
    - F is formed per picture.

    Where a plane has no boundary (it is empty or full): 1 when both planes are equal, else 0.
    """
    ours, theirs = inner_boundary(mask), inner_boundary(truth)
    if not (ours.any() and theirs.any()):
        return float(np.array_equal(mask, truth))
    precision = share_near(ours, theirs)
    recall = share_near(theirs, ours)
    weighted = BETA_SQUARED * precision + recall
    return (1 + BETA_SQUARED) * precision * recall / weighted if weighted else 0.0


def boundary_iou(mask: Binary, truth: Binary) -> float:
    """Intersection over union of the bands inside both outlines, 0…1 (Cheng et al. 2021).

    A band holds the pixels of a plane that are less than d from its outside, in chessboard
    distance; d is 2 % of the picture's diagonal, rounded, at least 1, and beyond the frame all is
    outside. 1 when both planes are empty.
    """
    ours, theirs = band(mask), band(truth)
    union = np.count_nonzero(ours | theirs)
    return np.count_nonzero(ours & theirs) / union if union else 1.0


def inner_boundary(plane: Binary) -> Binary:
    """The pixels that erosion by a 3×3 square takes away."""
    solid = plane.astype(np.uint8)
    return cv2.erode(solid, _SQUARE) < solid


def share_near(pixels: Binary, others: Binary) -> float:
    """The part of `pixels` that lie within the slack of one of `others`."""
    near = cv2.dilate(others.astype(np.uint8), _DISC) > 0
    return np.count_nonzero(pixels & near) / np.count_nonzero(pixels)


def band(plane: Binary) -> Binary:
    """The pixels of `plane` near its outside."""
    depth = max(1, round(0.02 * float(np.hypot(*plane.shape))))
    solid = plane.astype(np.uint8)
    edge = cv2.BORDER_CONSTANT
    eroded = cv2.erode(solid, _SQUARE, iterations=depth, borderType=edge, borderValue=0)
    return eroded < solid
