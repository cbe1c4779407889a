"""Folders at addresses -> what is written where, found while the work goes on."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from u2net.batch.inputs import NO_PICTURE, UNREADABLE
from u2net.batch.named import named
from u2net.batch.outcome import At, Outcome
from u2net.batch.plan import Existing, Task
from u2net.batch.run import Result, Work, carried_out
from u2net.errors import OneFileError, OutputError, OutputExistsError, PlaceError
from u2net.films.kinds import SUFFIXES as FILMS
from u2net.parallel import in_order
from u2net.pictures.formats import SUFFIXES
from u2net.places.address import Address
from u2net.places.place import Place

FILM = "film, which must be a file of this machine"
"""Why something that is found is no input."""

PATIENCE = 50
"""Pictures in a row whose place cannot be reached: then nothing more will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where pictures come from."""

    place: Place
    names: Callable[[], Iterable[str]]
    """Of the files in it, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """What a run over addresses will do. Unlike in a `Plan` nobody knows how much that is."""

    kind: str
    """The format of the outputs."""
    existing: Existing
    origins: list[Origin]
    target: Place
    file: str | None = None
    """What the only output is called there; else the layout of the inputs is kept."""
    manifest: Path | None = None
    """Where each outcome is written."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many files that were found are no inputs, by the reason."""
    failed: tuple[Outcome, ...] = ()
    skipped: tuple[Task[Address], ...] = ()

    @property
    def tasks(self) -> Iterator[Task[Address]]:
        """One by one, as they are found. Raises `PlaceError` when no more can be listed."""
        for origin in self.origins:
            for name, result in named(pictures(origin.names(), self.left_out), self.kind):
                at = self.target.address / (self.file or result)
                yield Task(source=origin.place.address / name, target=at)


def pictures(names: Iterable[str], left_out: Counter[str]) -> Iterator[str]:
    """Those that are called like pictures: to look into each would be a request each.

    And folders that could not be listed, each to fail by itself.
    """
    for name in names:
        suffix = Path(name).suffix.lower()
        if suffix in SUFFIXES | UNREADABLE or name.endswith("/"):
            yield name
        else:
            left_out[FILM if suffix in FILMS else NO_PICTURE] += 1


def check_apart(todo: Streamed) -> None:
    """Raise `OutputError` when results would lie among the inputs, or the other way round."""
    if todo.file is not None:
        if any(task.source.canonical == task.target.canonical for task in todo.tasks):
            raise OutputError(f"{todo.target.address / todo.file}: is an input; choose another")
        return
    for origin in todo.origins:
        check_two(origin.place.address, todo.target.address)


def check_two(source: Address, target: Address) -> None:
    """Raise `OutputError` when one of both folders lies in the other."""
    at, to = (source.canonical / "").text, (target.canonical / "").text
    if at.startswith(to) or to.startswith(at):
        raise OutputError(
            f"{target}: {source} is the same, or one lies in the other; choose another"
        )


def check_free(todo: Streamed) -> None:
    """Raise `OutputExistsError` when there is an output, or any file in their folder already."""
    if todo.file is not None:
        there = todo.file if todo.target.has(todo.file) else None
    else:
        there = next(iter(todo.target.names()), None)
    if there is not None:
        raise OutputExistsError(
            f"{todo.target.address / there}: exists; give --skip-existing or --overwrite"
        )


def stream(todo: Streamed, work: Work[Address], *, jobs: int) -> Generator[Outcome, None, None]:
    """As `carried_out`, but where outputs are looked for one by one.

    Raises `PlaceError` when one picture after another cannot be reached.
    """
    if todo.existing == "skip":
        work = partial(_unless_there, work=work, target=todo.target)
    return carried_out(todo, _patiently(in_order(work, todo.tasks, jobs)))


def _unless_there(task: Task[Address], *, work: Work[Address], target: Place) -> Outcome:
    name = target.name_of(task.target)
    if name is not None and target.has(name):
        raise OutputExistsError(f"{task.target}: exists")
    return work(task)


def is_unreached(result: object) -> bool:
    """Whether a place did not answer, which others will meet as well."""
    return isinstance(result, PlaceError) and not isinstance(result, OneFileError)


def _patiently(
    results: Generator[Result[At], None, None],
) -> Generator[Result[At], None, None]:
    unreached = 0
    for task, result in results:
        unreached = unreached + 1 if is_unreached(result) else 0
        yield task, result
        if unreached >= PATIENCE:
            raise PlaceError(
                f"stopped: {unreached} pictures in a row could not be reached or written; see to "
                "that, then go on with --skip-existing"
            )
