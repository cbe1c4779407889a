"""Names of pictures, less those that are done -> bundles, one a task of a worker.

Both come in order, so that of the manifest only those parts are held that reach over the name at
hand: neither the names nor what is done is ever in memory as a whole.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from u2net.batch.named import named
from u2net.batch.streamed import pictures
from u2net.cluster.job import Job
from u2net.cluster.record import Part
from u2net.cluster.rows import told
from u2net.places.place import Place

BUNDLE = 32
"""Pictures of one task: some seconds of work."""

AHEAD = 1024 * BUNDLE
"""Pictures behind the last in the manifest that may have been begun when a run was killed: what 512
workers had, in work and waiting."""


class Todo(NamedTuple):
    """One picture to make."""

    name: str
    result: str
    look: bool
    """Whether its output may be there, so that it pays to ask."""


@dataclass(slots=True)
class Done:
    """Whether names, asked in their order, are in the manifest."""

    parts: list[Part]
    names: Callable[[str], set[str]]
    """Those in the part of that name."""
    _open: list[tuple[str, set[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts = sorted(self.parts, key=lambda part: part.first, reverse=True)

    def __contains__(self, name: str) -> bool:
        while self.parts and self.parts[-1].first <= name:
            part = self.parts.pop()
            if part.last >= name:
                self._open.append((part.last, self.names(part.name)))
        self._open = [(last, names) for last, names in self._open if last >= name]
        return any(told(name) in names for _, names in self._open)


def bundles(
    job: Job, parts: list[Part], manifest: Place, left_out: Counter[str]
) -> Iterator[list[Todo]]:
    """What is to be done, in the order of the listing. Raises `PlaceError`."""
    bundle: list[Todo] = []
    for one in _todo(job, Done(list(parts), lambda name: _names(manifest, name)), left_out):
        bundle.append(one)
        if len(bundle) == BUNDLE:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def count(job: Job) -> tuple[int, Counter[str]]:
    """How many pictures there are, and how many other files by what they are."""
    left_out: Counter[str] = Counter()
    return sum(1 for _ in pictures(job.origin.names(), left_out)), left_out


def _todo(job: Job, done: Done, left_out: Counter[str]) -> Iterable[Todo]:
    last = max((part.last for part in done.parts), default=None)
    beyond = 0  # without a manifest nothing is known, and each is asked for
    for name, result in named(pictures(job.origin.names(), left_out), job.kind):
        if name in done:
            continue
        begun = job.begun and beyond < AHEAD
        if begun and last is not None and name > last:
            beyond += 1
        # What is to be replaced is there anyhow.
        yield Todo(name, result, job.existing == "skip" or (begun and job.existing != "replace"))


def _names(manifest: Place, part: str) -> set[str]:
    from pyarrow import parquet

    return set(parquet.read_table(manifest.read(part), columns=["name"])["name"].to_pylist())
