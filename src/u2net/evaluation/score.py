"""Models × data sets -> results, and comparisons: what `u2net evaluate` runs, for Python too."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from u2net.data.pairs import some
from u2net.edges import Edges
from u2net.errors import DatasetError, EvaluationError
from u2net.evaluation.comparison import Duel
from u2net.evaluation.maps import EMPTY, Plane
from u2net.evaluation.measures import alpha_vector
from u2net.evaluation.measures.vector import (
    LENGTH,
    PROTOCOLS,
    THRESHOLD,
    Protocol,
    Vector,
    figures,
    measure,
)
from u2net.evaluation.models import DataSet, Source, sources_of, told_apart
from u2net.evaluation.workers import Outcome, Task, outcomes, processes
from u2net.machine.cores import cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The figures of a set, and what one must know to quote them."""

    images: int
    """How many pictures were scored."""
    protocol: Protocol
    threshold: float
    """Above this, 0…1, a map was mask for the measures of masks."""
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
            "threshold": self.threshold,
            "metrics": self.metrics,
            "notes": self.notes,
            "failures": [{"stem": s, "reason": r} for s, r in self.failures.items()],
        }


class Tally:
    """Adds outcomes up; besides the sums it keeps the figures of each picture, and on request the
    vectors that the bootstrap needs (12 KB each)."""

    def __init__(
        self, protocol: Protocol, *, threshold: float = THRESHOLD, keep_vectors: bool = False
    ) -> None:
        if protocol not in PROTOCOLS:
            raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
        if not 0 <= threshold < 1:
            raise ValueError(f"threshold must be from 0 to below 1, not {threshold:g}")
        self.protocol, self.threshold = protocol, threshold
        length = alpha_vector.LENGTH if protocol == "alpha" else LENGTH
        self.sums: Vector = np.zeros(length)
        self.sums_of_empty: Vector = np.zeros(length)
        """What truths without foreground add to the sums."""
        self.empty: list[str] = []
        """Stems of truths without foreground."""
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
        if EMPTY in outcome.notes:
            self.empty.append(outcome.stem)
            self.sums_of_empty += outcome.vector
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
            threshold=self.threshold,
            metrics=figures(self.sums, self.protocol),
            notes=dict(sorted(self.notes.items())),
            failures=self.failures,
        )

    def remarks(self) -> tuple[str, ...]:
        """What truths without foreground do to the figures; nothing where there are none."""
        left = len(self.rows) - len(self.empty)
        if not self.empty:
            return ()
        zero = "F, wF, IoU and Dice are 0 on each, whatever the map"
        remark = f"{some('truths without foreground', tuple(self.empty))}: {zero}"
        if left:
            others = figures(self.sums - self.sums_of_empty, self.protocol)
            told = ", ".join(f"{name} {others[name]:.4f}" for name in ("max_f", "mae", "iou"))
            remark += f"; over the other {left}: {told}"
        return (remark,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found out about one model on one data set."""

    source: Source
    data: DataSet
    tally: Tally
    scores: Scores
    remarks: tuple[str, ...]
    """What is odd, in words."""

    @property
    def about(self) -> str:
        """Model and set."""
        return f"{self.source.name} on {self.data.name}"

    def remarked(self) -> list[str]:
        """What was done to planes, and what is odd, in words."""
        done = [f"{note}: {count} pictures" for note, count in self.scores.notes.items()]
        return done + list(self.remarks)

    def complaints(self) -> list[str]:
        """The pictures that were not scored and why, a line each, and a last line that counts."""
        failures = self.scores.failures
        said = [f"{self.about}: {stem}: {reason}" for stem, reason in failures.items()]
        total = self.scores.images + len(failures)
        partial = f"{self.about}: partial, {len(failures)} of {total} pictures not scored"
        return [*said, partial] if failures else []

    def to_json(self) -> dict[str, Any]:
        """The document of `Scores`, and what it is about."""
        names = {"model": self.source.name, "data": self.data.name}
        return names | self.scores.to_json() | {"remarks": list(self.remarks)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What became of models on data sets."""

    results: list[Result]
    """Set by set, in the order of the models; what could not be scored at all is left out."""
    duels: list[Duel]
    complaints: list[str]
    """What was not scored, a line each; empty when everything was."""

    def to_json(self) -> dict[str, Any]:
        """One JSON document: of one result itself, of several a list."""
        documents = [result.to_json() for result in self.results]
        for duel in self.duels:
            at = next(n for n, result in enumerate(self.results) if result is duel.ours)
            documents[at]["against"] = duel.to_json()
        if len(documents) == 1:
            return documents[0]
        return {"protocol": self.results[0].scores.protocol, "results": documents}


Watch: TypeAlias = Callable[[int, Iterable[Outcome]], Iterator[Outcome]]
"""Number of pictures, outcomes -> the same outcomes, with a progress bar around them."""


def unwatched(_total: int, found: Iterable[Outcome]) -> Iterator[Outcome]:
    """The outcomes as they are."""
    return iter(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Everything that one scoring shares with the next."""

    protocol: Protocol
    pool: ProcessPoolExecutor
    jobs: int
    threshold: float = THRESHOLD
    """Above this a map is mask for the measures of masks, 0…1."""
    keep_vectors: bool = False
    """Keep what the bootstrap needs."""
    watch: Watch = unwatched

    def __call__(self, source: Source, data: DataSet) -> Result:
        """The result of one model on one set.

        Raises `EvaluationError` when no picture could be scored, `DatasetError` for a bad folder.
        """
        tally = Tally(self.protocol, threshold=self.threshold, keep_vectors=self.keep_vectors)
        alpha = self.protocol == "alpha"
        tasks = (
            replace(task, threshold=self.threshold, alpha=alpha) if isinstance(task, Task) else task
            for task in source.tasks(data)
        )
        found = outcomes(tasks, self.pool, self.jobs)
        for outcome in self.watch(len(data.truths), found):
            tally.add(outcome)
        remarks = data.remarks + source.remarks(data) + tally.remarks()
        return Result(source=source, data=data, tally=tally, scores=tally.scores(), remarks=remarks)


def score(
    models: Sequence[Source | Path | str],
    sets: Sequence[DataSet | Path | str],
    against: Source | Path | str | None = None,
    *,
    suffix: str = "",
    protocol: Protocol = "paper",
    threshold: float = THRESHOLD,
    jobs: int | None = None,
    engine: str = "auto",
    precisions: Sequence[str] = ("auto",),
    edges: Edges = "off",
    watch: Watch = unwatched,
) -> Evaluation:
    """Every model on every data set, each compared with `against`: what `u2net evaluate` does.

    A model is a folder of maps, the name of a model, an ONNX file, a run folder or, with the extra
    `[train]`, a checkpoint; a set is a folder or list of photos and truth. Names of maps may have
    `suffix` behind the stem. Above `threshold`, 0…1, a map is mask for the measures of masks. A
    network is scored at each of `precisions`, `against` at the first, and its maps come to the
    photo's size as `edges` says, which for published scores is `off`. `jobs` processes score, as
    many as there are cores when it is None. A script whose sets have 32 pictures or more starts
    below `if __name__ == "__main__":`, for the processes import it.

    Raises `DatasetError` for a set that is none, `ModelError` or `EngineError` for a model that
    cannot run here, `ValueError` for an unknown protocol or a threshold that is none. What goes
    wrong with one model on one set is in `complaints`.
    """
    data_sets = told_apart(
        [DataSet.find(Path(one)) if isinstance(one, (str, Path)) else one for one in sets]
    )
    sources = partial(sources_of, suffix=suffix, engine=engine, edges=edges)
    ours = [source for one in models for source in sources(one, precisions)]
    rivals = [] if against is None else sources(against, precisions[:1])
    contenders = told_apart([*ours, *rivals])
    ours, theirs = contenders[: len(ours)], contenders[len(ours) :]
    found = Evaluation(results=[], duels=[], complaints=[])
    jobs = jobs or cores()
    with processes(jobs) as pool:
        scorer = Scorer(
            protocol=protocol,
            pool=pool,
            jobs=jobs,
            threshold=threshold,
            keep_vectors=bool(theirs),
            watch=watch,
        )
        for data in data_sets:
            score_set(scorer, ours, theirs, data, found)
    return found


def score_set(
    scorer: Scorer,
    ours: Sequence[Source],
    rivals: Sequence[Source],
    data: DataSet,
    found: Evaluation,
) -> None:
    """Add to `found` what becomes of one data set."""

    def attempt(source: Source) -> list[Result]:
        with noted(f"{source.name} on {data.name}", found.complaints):
            result = scorer(source, data)
            found.complaints.extend(result.complaints())
            return [result]
        return []

    results = [result for source in ours for result in attempt(source)]
    found.results.extend(results)
    for theirs in (result for rival in rivals for result in attempt(rival)):
        for result in results:
            with noted(f"{data.name}: --against", found.complaints):
                found.duels.append(Duel.between(result, theirs))


@contextmanager
def noted(about: str, complaints: list[str]) -> Iterator[None]:
    """Turns what cannot be scored into a complaint, so that the others still are."""
    try:
        yield
    except (DatasetError, EvaluationError) as error:
        complaints.append(f"{about}: {error}")


def evaluate(
    pairs: Iterable[tuple[Plane, Plane]],
    protocol: Protocol = "paper",
    *,
    threshold: float = THRESHOLD,
) -> Scores:
    """The scores of an iterable of (map, truth), one picture at a time.

    A map is (height, width): uint8 0…255, bool, uint16, or floats 0…1; under the protocol `alpha`
    maps and truths may be RGBA, (height, width, 4), too. A truth is bool,
    integers of two levels (0 and another) or 0…255 with soft edges, or floats 0…1 of any level; its
    foreground is what lies above 128 of 255. A map of another size is resized to its truth, which
    `Scores.notes` counts. Above `threshold`, 0…1, it is mask for the measures of masks. Memory does
    not grow with the set, but for a row of figures.

    Raises `EvaluationError` for a pair that cannot be scored or when there is none, `ValueError`
    for an unknown protocol or a threshold that is none.
    """
    tally = Tally(protocol, threshold=threshold)
    scored = partial(measure, threshold=threshold) if protocol != "alpha" else alpha_vector.measure
    for number, (map_, truth) in enumerate(pairs):
        try:
            vector, notes = scored(np.asarray(map_), np.asarray(truth))
        except EvaluationError as error:
            raise EvaluationError(f"pair {number}: {error}") from error
        tally.add(Outcome(stem=str(number), vector=vector, notes=notes))
    return tally.scores()
