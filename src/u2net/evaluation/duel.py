"""Two results on one data set -> what is to be said of their difference."""

from dataclasses import asdict, dataclass
from typing import Any

from u2net.evaluation.bootstrap import Comparison, compare
from u2net.evaluation.result import Result

SHOWN = 12
"""Pictures named or shown where two models differ most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two models on one set, compared."""

    ours: Result
    theirs: Result
    comparison: Comparison

    @classmethod
    def between(cls, ours: Result, theirs: Result) -> "Duel":
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
        """The part of the JSON document that `--against` adds."""
        return {
            "model": self.theirs.source.name,
            "images": self.comparison.images,
            "differences": [
                asdict(d) | {"difference": d.difference, "verdict": d.verdict}
                for d in self.comparison.differences
            ],
            "apart": self.apart,
        }
