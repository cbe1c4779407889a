"""Pairs of map and truth -> scores of the set, streaming: the Python door of this package."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from u2net.errors import EvaluationError, need
from u2net.evaluation.maps import Plane
from u2net.evaluation.measures.vector import LENGTH, PROTOCOLS, Protocol, Vector, figures, measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one picture: a vector, or the reason why there is none."""

    stem: str
    vector: Vector | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The figures of a set, and what one must know to quote them."""

    images: int
    """How many pictures were scored."""
    protocol: Protocol
    metrics: dict[str, float]
    """Measure -> figure; the names are those of `u2net evaluate --json`."""
    notes: dict[str, int] = field(default_factory=dict)
    """What was done to planes before scoring -> on how many pictures."""
    failures: dict[str, str] = field(default_factory=dict)
    """Stem -> why that picture was not scored; the figures are partial when there are any."""

    def to_json(self) -> dict[str, Any]:
        """The document that `u2net evaluate --json` prints."""
        return {
            "images": self.images,
            "protocol": self.protocol,
            "metrics": self.metrics,
            "notes": self.notes,
            "failures": [{"stem": s, "reason": r} for s, r in self.failures.items()],
        }


class Tally:
    """Adds outcomes up; besides the sums it keeps the figures of each picture, and on request the
    vectors that the bootstrap needs (12 KB each)."""

    def __init__(self, protocol: Protocol, *, keep_vectors: bool = False) -> None:
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
        if protocol == "pysodmetrics":
            need("evaluate", "py_sod_metrics", purpose="the protocol pysodmetrics")
        self.protocol = protocol
        self.sums: Vector = np.zeros(LENGTH)
        self.rows: dict[str, dict[str, float]] = {}
        """Stem -> figures of that picture alone."""
        self.vectors: dict[str, Vector] = {}
        self.failures: dict[str, str] = {}
        self.notes: Counter[str] = Counter()
        self._keep_vectors = keep_vectors

    def add(self, outcome: Outcome) -> None:
        """Count one picture."""
        self.notes.update(outcome.notes)
        if outcome.vector is None:
            self.failures[outcome.stem] = outcome.reason
            return
        self.sums += outcome.vector
        self.rows[outcome.stem] = figures(outcome.vector, self.protocol)
        if self._keep_vectors:
            self.vectors[outcome.stem] = outcome.vector

    def scores(self) -> Scores:
        """The scores of what was added. Raises `EvaluationError` when no picture was scored."""
        if not self.rows:
            stem, reason = next(iter(self.failures.items()), ("", "there are no pairs"))
            raise EvaluationError(f"no picture could be scored: {stem} {reason}".replace("  ", " "))
        return Scores(
            images=len(self.rows),
            protocol=self.protocol,
            metrics=figures(self.sums, self.protocol),
            notes=dict(sorted(self.notes.items())),
            failures=self.failures,
        )


def evaluate(pairs: Iterable[tuple[Plane, Plane]], protocol: Protocol = "paper") -> Scores:
    """The scores of an iterable of (map, truth), one picture at a time.

    A map is (height, width): uint8 0…255, bool, uint16, or floats 0…1. A truth is bool, 0/1 or
    0…255; its foreground is what lies above 128 of 255. A map of another size is resized to its
    truth, which `Scores.notes` counts. Memory does not grow with the set, but for a row of figures.

    Raises `EvaluationError` for a pair that cannot be scored or when there is none, `ValueError`
    for an unknown protocol. Without PySODMetrics (extra `[evaluate]`) the protocol `paper` gives
    max F, mean F, MAE and both boundary measures; the other raises `ExtraMissingError`.
    """
    tally = Tally(protocol)
    for number, (map_, truth) in enumerate(pairs):
        try:
            vector, notes = measure(np.asarray(map_), np.asarray(truth))
        except EvaluationError as error:
            raise EvaluationError(f"pair {number}: {error}") from error
        tally.add(Outcome(stem=str(number), vector=vector, notes=notes))
    return tally.scores()
