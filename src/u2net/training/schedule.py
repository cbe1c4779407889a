"""Step -> factor of the highest learning rate."""

import math
from typing import Literal

POWER = 0.9
"""Of the polynomial: DeepLab's (Chen et al. 2017), as salient object detection took it over."""


def rate_factor(
    step: int, *, schedule: Literal["constant", "cosine", "poly"], warmup: int, steps: int
) -> float:
    """Linear from 1/(warmup + 1) to 1; then constant, or down to 0 at `steps`: half a cosine, or
    (1 - share done)^0.9."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule == "constant":
        return 1.0
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    if schedule == "poly":
        return float((1 - done) ** POWER)
    return 0.5 * (1 + math.cos(math.pi * done))
