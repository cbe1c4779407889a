"""Two models on the same pictures -> is the difference more than noise?

A paired bootstrap over pictures (Efron and Tibshirani 1993): pictures are drawn with replacement,
the same for both models; each draw gives figures of the whole set, formed as the protocol forms
them (for max F: curves averaged over the drawn pictures first); the middle 95 % of the differences
are the interval. The seed is fixed: the same maps give the same interval.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from u2net.errors import EvaluationError
from u2net.evaluation.measures.vector import RANKING_MEASURE, Protocol, Vector, figures

if TYPE_CHECKING:
    from u2net.evaluation.score import Result

MEASURES = (
    *("max_f", "mae", "weighted_f", "s_measure", "e_measure_mean", "relaxed_boundary_f"),
    *("sad", "mse", "band_sad", "band_mse", "band_gradient", "band_connectivity"),
    *("band_colour", "mixed_colour"),
)
"""What is compared, as far as it was measured."""

DRAWS = 2000
BLOCK = 200
SEED = 0

SHOWN = 12
"""Pictures named or shown where two models differ most."""


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
    """Stems by how far `RANKING_MEASURE`, or of alpha the band's SAD, is apart (ours − theirs),
    farthest first."""

    def to_json(self) -> dict[str, Any]:
        """Every difference with its interval and verdict."""
        return {
            "images": self.images,
            "differences": [
                asdict(d) | {"difference": d.difference, "verdict": d.verdict}
                for d in self.differences
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two results on one data set, compared."""

    ours: "Result"
    theirs: "Result"
    comparison: Comparison

    @classmethod
    def between(cls, ours: "Result", theirs: "Result") -> "Duel":
        """The comparison; both results must have been scored with their vectors kept.

        Raises `EvaluationError` when fewer than two pictures were scored by both.
        """
        compared = compare(ours.tally.vectors, theirs.tally.vectors, ours.scores.protocol)
        return cls(ours=ours, theirs=theirs, comparison=compared)

    @property
    def apart(self) -> list[str]:
        """Stems of the pictures on which both differ most."""
        return [stem for stem, gap in self.comparison.apart[:SHOWN] if gap]

    def to_json(self) -> dict[str, Any]:
        """The part of the JSON document that a comparison adds."""
        theirs = {"model": self.theirs.source.name, "apart": self.apart}
        return theirs | self.comparison.to_json()


def compare(ours: dict[str, Vector], theirs: dict[str, Vector], protocol: Protocol) -> Comparison:
    """The comparison of two models by stem -> vector.

    Raises `EvaluationError` when they have fewer than two pictures in common.
    """
    stems = sorted(ours.keys() & theirs.keys())
    if len(stems) < 2:
        raise EvaluationError(f"{len(stems)} pictures in common: too few to compare two models")
    rows = [np.stack([side[stem] for stem in stems]) for side in (ours, theirs)]
    draws = [drawn(vectors, protocol) for vectors in rows]
    low, high = np.percentile(draws[0] - draws[1], (2.5, 97.5), axis=0).tolist()
    whole = [chosen(vectors.sum(0), protocol) for vectors in rows]
    by = "band_sad" if protocol == "alpha" else RANKING_MEASURE
    ranked = [[figures(v, protocol)[by] for v in vectors] for vectors in rows]
    gaps = {stem: our - their for stem, our, their in zip(stems, *ranked, strict=True)}
    return Comparison(
        images=len(stems),
        differences=tuple(
            Difference(
                measure=name, ours=whole[0][name], theirs=whole[1][name], low=low[n], high=high[n]
            )
            for n, name in enumerate(whole[0])
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
