"""Photo and mask -> mask whose edges are estimated from the photo's colours, at full resolution.

Closed-form matting (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting",
PAMI 2008): in every window of 3 × 3 pixels alpha follows a line through the colours. What the mask
says counts a little everywhere, as Levin's scribbles do: so each pixel has something to go by, no
picture is without a solution, and what lies far away has no say, which lets tiles be solved alone.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from u2net.arrays import RGB, Mask
from u2net.edges.grid import Floats
from u2net.edges.kernels import kernels
from u2net.edges.strips import Inside
from u2net.edges.tiles import MARGIN, SIDE, tiled
from u2net.errors import MattingError, need

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

OPEN = (10, 240)
"""Levels between which a mask is not sure."""
REACH = 2
"""Pixels by which the band goes beyond them."""
PRIOR = 3e-3
"""What the mask counts, beside 1 for a window of colours."""
PRECISION = 1e-4
"""Residual, relative, at which a solution is good: alpha changes by less than a level."""
NOTHING = 1e-9
"""Residual that counts as none."""
MOST_ROUNDS = 2000
"""Of the solver; a tenth of them is much."""


def check_installed() -> None:
    """Raise `ExtraMissingError` without the extra `[matting]`."""
    need("matting", "pymatting", "scipy", purpose="matting")


def matted(
    rgb: RGB, mask: Mask, *, name: str = "the picture", side: int = SIDE, margin: int = MARGIN
) -> Mask:
    """`mask`, 0…255, of the same size as `rgb`, with alpha estimated where it is not sure.

    Elsewhere nothing changes; a mask that is sure everywhere is given back itself. It is done by
    tiles of `side` pixels that overlap by `margin`. Raises `MattingError`, which tells the photo's
    `name`, where the solver finds no solution, and `ExtraMissingError` without `[matting]`.
    """
    check_installed()
    band = unsure(mask)
    if not band.any():
        return mask

    def change(inside: Inside) -> Floats:
        try:
            return change_of(rgb[inside], mask[inside], band[inside])
        except ValueError as error:
            raise MattingError(f"{name}: no alpha found ({error}); use --edges fast") from error

    out: Mask = mask.copy()
    for lines, changes in tiled(change, band, side=side, margin=margin):
        out[lines] = np.rint(mask[lines] + 255 * changes).clip(0, 255)
    return out


def unsure(mask: Mask) -> NDArray[np.bool_]:
    """The band: where a mask, 0…255, is neither sure object nor sure background, and nearby."""
    inside = cv2.inRange(mask, *OPEN)
    square = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    return np.asarray(cv2.dilate(inside, square) > 0)


def change_of(rgb: RGB, mask: Mask, band: NDArray[np.bool_]) -> Floats:
    """What is to be added to a mask, 0…1, in the `band`. Raises `ValueError` where it fails."""
    cf_laplacian = kernels("laplacian.cf_laplacian").cf_laplacian
    jacobi, cg = kernels("preconditioner.jacobi").jacobi, kernels("solver.cg").cg
    change = np.zeros(mask.shape, np.float32)
    if not band.any():
        return change
    open_, known = band.ravel(), ~band.ravel()
    alpha = mask.ravel() / 255.0
    rows: csr_matrix = cf_laplacian(rgb / 255.0, is_known=~band)[open_]
    system = rows[:, open_]
    system.setdiag(system.diagonal() + PRIOR)
    right = PRIOR * alpha[open_] - rows[:, known] @ alpha[known]
    found = cg(
        system,
        right,
        x0=alpha[open_],
        M=jacobi(system),
        rtol=PRECISION,
        atol=NOTHING,  # Where alpha is 0 all around, there is nothing for `rtol` to be relative to.
        maxiter=MOST_ROUNDS,
    )
    change[band] = found.clip(0, 1) - alpha[open_]
    return change
