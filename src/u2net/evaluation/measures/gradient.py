"""Alpha and its truth -> the gradient error: how much sharper or softer edges are.

Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting", CVPR 2009, eq. 2: the
sum of (|∇α| − |∇α*|)², where the gradient is the convolution with first-order Gaussian derivative
filters of standard deviation 1.4.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Alphas = NDArray[np.float32]
"""Opacity, (height, width), 0…1."""

SIGMA = 1.4
REACH = 4
"""Pixels on either side at which the Gaussian is less than a fiftieth of its height."""


def gradient_errors(alpha: Alphas, truth: Alphas) -> Alphas:
    """(|∇α| − |∇α*|)² of every pixel; beyond the frame its last pixels go on."""
    return np.asarray((slope(alpha) - slope(truth)) ** 2, np.float32)


def slope(alpha: Alphas) -> Alphas:
    """|∇α|, of filters that are normalised to unit energy, as in the benchmark's code."""
    smooth, steep = kernels()
    across, down = (
        cv2.sepFilter2D(alpha, cv2.CV_32F, x, y, borderType=cv2.BORDER_REPLICATE)
        for x, y in ((steep, smooth), (smooth, steep))
    )
    return np.asarray(cv2.magnitude(across, down), np.float32)


def kernels() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A Gaussian and its derivative, each (2 × `REACH` + 1,), whose product has unit energy."""
    x = np.arange(-REACH, REACH + 1)
    gauss = np.exp(-(x**2) / (2 * SIGMA**2))
    steep = -x * gauss
    return gauss / np.linalg.norm(gauss), steep / np.linalg.norm(steep)
