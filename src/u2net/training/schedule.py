"""Step -> share of the highest learning rate."""

import math
from typing import Literal


def share(step: int, *, schedule: Literal["constant", "cosine"], warmup: int, steps: int) -> float:
    """Linear from 1/(warmup + 1) to 1, then constant or half a cosine down to 0 at `steps`."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule == "constant":
        return 1.0
    done = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
