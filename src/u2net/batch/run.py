"""A plan carried out: read, make, write, several at a time, and what became of each input."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from u2net import files
from u2net.batch.inputs import STREAM
from u2net.batch.manifest import manifest
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Plan, Task
from u2net.errors import OutputExistsError, U2NetError
from u2net.parallel import in_order


class Encodable(Protocol):
    """What can be made of an input: a `Picture`, or an `Animation`."""

    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def found(self) -> bool: ...
    @property
    def frames(self) -> int: ...
    @property
    def only_first(self) -> bool: ...
    def encode(self, kind: str) -> bytes: ...


Make: TypeAlias = Callable[[Path], Encodable]
"""An input to what is written, such as `Remover.picture`; called from threads."""

Write: TypeAlias = Callable[[Path, bytes], None]
"""A target and its whole content to a file; `OutputExistsError` when it is to be kept."""

Work: TypeAlias = Callable[[Task], Outcome]
"""A task carried out. Raises where it cannot be."""

Each: TypeAlias = Callable[
    [Work, Iterable[Task]], Generator[tuple[Task, Outcome | U2NetError], None, None]
]
"""How tasks follow each other: `in_order`, `one_by_one`."""


def run(
    plan: Plan, make: Make, *, jobs: int, write: Write | None = None
) -> Generator[Outcome, None, None]:
    """What became of each input, in the order of the plan: failed to list, skipped, then the tasks.

    Each outcome is in the manifest before it is given. `jobs` inputs are worked on at a time; one
    that fails, whatever it fails by, is an outcome as well, and the rest is done.
    Raises `OutputError` when the manifest cannot be written.
    """
    write = write or partial(files.write, replace=plan.existing == "replace")
    work = partial(_done, make=make, kind=plan.kind, write=write)
    return carried_out(plan, work, partial(in_order, jobs=jobs))


def carried_out(plan: Plan, work: Work, each: Each) -> Generator[Outcome, None, None]:
    """As `run`, with `work` for the tasks, as many at a time as `each` has it."""
    outcomes = _outcomes(plan, work, each)
    with _recorded(plan) as record, closing(outcomes):
        for outcome in outcomes:
            record(outcome)
            yield outcome


@contextmanager
def _recorded(plan: Plan) -> Iterator[Callable[[Outcome], None]]:
    """How an outcome gets into the manifest, if there is one."""
    if plan.manifest is None:
        yield lambda outcome: None
        return
    with manifest(plan.manifest, plan.existing) as add:
        yield add


def _outcomes(plan: Plan, work: Work, each: Each) -> Generator[Outcome, None, None]:
    yield from plan.failed
    for task in plan.skipped:
        yield Outcome(source=task.source, target=task.target, status="skipped")
    with closing(each(work, plan.tasks)) as results:
        for task, result in results:
            yield _not_done(task, result, plan) if isinstance(result, U2NetError) else result


def _not_done(task: Task, error: U2NetError, plan: Plan) -> Outcome:
    """The outcome of a task that met `error`, told with a name where it has none."""
    told = str(error)
    if isinstance(error, OutputExistsError):
        if plan.existing == "skip":
            return Outcome(source=task.source, target=task.target, status="skipped")
        told = (
            f"{task.target}: appeared during the run and is kept; give --skip-existing or "
            "--overwrite"
        )
    source = "stdin" if task.source == STREAM else str(task.source)
    target = "stdout" if task.target == STREAM else str(task.target)
    # A name that holds odd characters may be told as Python writes it.
    if not any(name in told for name in (source, target, repr(source))):
        told = f"{source}: {told}"
    return Outcome(source=task.source, target=task.target, status="failed", error=told)


def _done(task: Task, make: Make, kind: str, write: Write) -> Outcome:
    start = time.perf_counter()
    result = make(task.source)
    write(task.target, result.encode(kind))
    width, height = result.size
    return Outcome(
        source=task.source,
        target=task.target,
        status="done",
        size_hw=(height, width),
        frames=result.frames,
        seconds=time.perf_counter() - start,
        remarks=tuple(_remarks(result)),
    )


def _remarks(result: Encodable) -> Iterator[str]:
    if not result.found:
        yield "no object found"
    if result.only_first:
        yield f"only the first of {result.frames} frames is done; --frames all does all of them"
