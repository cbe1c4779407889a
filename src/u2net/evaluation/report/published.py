"""The figures that papers print, to stand beside ours: arXiv 2005.09007, tables 3 and 4.

max F and MAE there are of the protocol `paper`; the S-measure was made with another
implementation than PySODMetrics', the relaxed boundary F with code that was not published.
"""

import re
from dataclasses import dataclass

_NAMES = ("max_f", "mae", "weighted_f", "s_measure", "relaxed_boundary_f")

_FULL = {
    "DUT-OMRON": (5168, 0.823, 0.054, 0.757, 0.847, 0.702),
    "DUTS-TE": (5019, 0.873, 0.044, 0.804, 0.861, 0.765),
    "HKU-IS": (4447, 0.935, 0.031, 0.890, 0.916, 0.812),
    "ECSSD": (1000, 0.951, 0.033, 0.910, 0.928, 0.836),
    "PASCAL-S": (850, 0.859, 0.074, 0.797, 0.844, 0.657),
    "SOD": (300, 0.861, 0.108, 0.748, 0.786, 0.613),
}
_LITE = {
    "DUT-OMRON": (5168, 0.813, 0.060, 0.731, 0.837, 0.676),
    "DUTS-TE": (5019, 0.852, 0.054, 0.763, 0.847, 0.723),
    "HKU-IS": (4447, 0.928, 0.037, 0.867, 0.908, 0.794),
    "ECSSD": (1000, 0.943, 0.041, 0.885, 0.918, 0.808),
    "PASCAL-S": (850, 0.849, 0.086, 0.768, 0.831, 0.627),
    "SOD": (300, 0.841, 0.124, 0.697, 0.759, 0.559),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One row of a paper's table."""

    model: str
    data: str
    images: int
    """How many pictures the whole set has."""
    metrics: dict[str, float]


def published(data: str) -> tuple[Published, ...]:
    """What the paper printed for the set of that name, or for the set a name like `ecssd200` is a
    part of; empty for other sets."""
    name = re.sub(r"[^a-z]", "", data.lower())
    return tuple(
        Published(
            model=model,
            data=known,
            images=row[0],
            metrics=dict(zip(_NAMES, row[1:], strict=True)),
        )
        for model, table in (("U²-Net", _FULL), ("U²-Net†", _LITE))
        for known, row in table.items()
        if name == re.sub(r"[^a-z]", "", known.lower())
    )
