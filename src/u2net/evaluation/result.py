"""One model on one data set -> its result, which tables, curves, reports and comparisons read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

from u2net.errors import ExtraMissingError
from u2net.evaluation.measures.pysodmetrics import installed
from u2net.evaluation.measures.vector import Protocol
from u2net.evaluation.models import DataSet, Source
from u2net.evaluation.score import Outcome, Scores, Tally
from u2net.evaluation.workers import score


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found out about one model on one data set."""

    source: Source
    data: DataSet
    tally: Tally
    scores: Scores
    remarks: tuple[str, ...]
    """What is odd, in words."""

    def remarked(self) -> list[str]:
        """What was done to planes, and what is odd, in words."""
        done = [f"{note}: {count} pictures" for note, count in self.scores.notes.items()]
        return done + list(self.remarks)

    def to_json(self) -> dict[str, Any]:
        """The document of `Scores`, and what it is about."""
        names = {"model": self.source.name, "data": self.data.name}
        return names | self.scores.to_json() | {"remarks": list(self.remarks)}


FEWER = str(ExtraMissingError("a part of the measures", "evaluate"))
"""The remark on figures that were made without PySODMetrics."""

Watch: TypeAlias = Callable[[int, Iterable[Outcome]], Iterator[Outcome]]
"""Number of pictures, outcomes -> the same outcomes, with a progress bar around them."""


def unwatched(_total: int, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """The outcomes as they are."""
    return iter(outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Everything that one scoring shares with the next."""

    protocol: Protocol
    pool: ProcessPoolExecutor
    jobs: int
    keep_vectors: bool = False
    """Keep what the bootstrap needs."""
    watch: Watch = unwatched

    def __call__(self, source: Source, data: DataSet) -> Result:
        """The result of one model on one set.

        Raises `EvaluationError` when no picture could be scored, `DatasetError` for a bad folder,
        `ExtraMissingError` when the protocol needs PySODMetrics and it is not there.
        """
        tally = Tally(self.protocol, keep_vectors=self.keep_vectors)
        outcomes = score(source.works(data), self.pool, self.jobs)
        for outcome in self.watch(len(data.truths), outcomes):
            tally.add(outcome)
        remarks = data.remarks + source.remarks(data) + (() if installed() else (FEWER,))
        return Result(source=source, data=data, tally=tally, scores=tally.scores(), remarks=remarks)
