"""Two models on the same pictures -> is the difference more than noise?

A paired bootstrap over pictures (Efron and Tibshirani 1993): pictures are drawn with replacement,
the same for both models; each draw gives figures of the whole set, formed as the protocol forms
them (for max F: curves averaged over the drawn pictures first); the middle 95 % of the differences
are the interval. The seed is fixed: the same maps give the same interval.
"""

from dataclasses import dataclass

import numpy as np

from u2net.errors import EvaluationError
from u2net.evaluation.measures.vector import Protocol, Vector, figures, telling

MEASURES = ("max_f", "mae", "weighted_f", "s_measure", "e_measure_mean", "relaxed_boundary_f")
"""What is compared, as far as it was measured."""

DRAWS = 2000
BLOCK = 200
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One measure of two models."""

    measure: str
    ours: float
    theirs: float
    low: float
    """Lower end of the 95 % interval of ours − theirs."""
    high: float

    @property
    def difference(self) -> float:
        """Ours − theirs; for MAE, negative is better."""
        return self.ours - self.theirs

    @property
    def verdict(self) -> str:
        """`more than noise` when the interval leaves out 0, else `within noise`."""
        return "within noise" if self.low <= 0 <= self.high else "more than noise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the pictures that both were scored on."""

    images: int
    differences: tuple[Difference, ...]
    apart: tuple[tuple[str, float], ...]
    """Stems by how far `telling` is apart (ours − theirs), farthest first."""


def compare(ours: dict[str, Vector], theirs: dict[str, Vector], protocol: Protocol) -> Comparison:
    """The comparison of two models by stem -> vector.

    Raises `EvaluationError` when they have fewer than two pictures in common.
    """
    stems = sorted(ours.keys() & theirs.keys())
    if len(stems) < 2:
        raise EvaluationError(f"{len(stems)} pictures in common: too few to compare two models")
    a, b = (np.stack([side[stem] for stem in stems]) for side in (ours, theirs))
    low, high = np.percentile(drawn(a, protocol) - drawn(b, protocol), (2.5, 97.5), axis=0)
    x, y = chosen(a.sum(0), protocol), chosen(b.sum(0), protocol)
    rows = zip(x, x.values(), y.values(), low, high, strict=True)
    gaps = {
        stem: figures(x, protocol)[telling()] - figures(y, protocol)[telling()]
        for stem, x, y in zip(stems, a, b, strict=True)
    }
    return Comparison(
        images=len(stems),
        differences=tuple(
            Difference(measure=name, ours=x, theirs=y, low=float(lo), high=float(hi))
            for name, x, y, lo, hi in rows
        ),
        apart=tuple(sorted(gaps.items(), key=lambda gap: -abs(gap[1]))),
    )


def drawn(vectors: Vector, protocol: Protocol) -> Vector:
    """Figures of every draw, (draws, measures); equal counts of pictures give equal draws."""
    generator = np.random.default_rng(SEED)
    count = len(vectors)
    found = []
    for _ in range(DRAWS // BLOCK):
        times = generator.multinomial(count, np.full(count, 1 / count), size=BLOCK)
        found += [
            list(chosen(sums, protocol).values()) for sums in times.astype(np.float64) @ vectors
        ]
    return np.array(found)


def chosen(sums: Vector, protocol: Protocol) -> dict[str, float]:
    """The figures that are compared, in the order of `MEASURES`."""
    found = figures(sums, protocol)
    return {name: found[name] for name in MEASURES if name in found}
