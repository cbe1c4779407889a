"""A plan carried out: read, make, write, several at a time, and what became of each input."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

from u2net import files
from u2net.batch.inputs import STREAM
from u2net.batch.manifest import manifest
from u2net.batch.outcome import At, Outcome
from u2net.batch.plan import Existing, Plan, Task
from u2net.errors import OutputExistsError, U2NetError
from u2net.parallel import in_order
from u2net.pictures.embed import WITHOUT_IPTC
from u2net.pictures.metadata import Metadata


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
    @property
    def metadata(self) -> Metadata: ...
    def encode(self, kind: str) -> bytes: ...


class Todo(Protocol[At]):
    """What is to be carried out: a `Plan`, or what is `Streamed`."""

    @property
    def kind(self) -> str: ...
    @property
    def existing(self) -> Existing: ...
    @property
    def manifest(self) -> Path | None: ...
    @property
    def failed(self) -> Sequence[Outcome]: ...
    @property
    def skipped(self) -> Sequence[Task[At]]: ...
    @property
    def tasks(self) -> Iterable[Task[At]]: ...


Make: TypeAlias = Callable[[At], Encodable]
"""An input to what is written, such as `Remover.picture`; called from threads."""

Write: TypeAlias = Callable[[At, bytes], None]
"""A target and its whole content to a file; `OutputExistsError` when it is to be kept."""

Work: TypeAlias = Callable[[Task[At]], Outcome]
"""A task carried out. Raises where it cannot be."""

Result: TypeAlias = tuple[Task[At], Outcome | U2NetError]
"""A task with what became of it, or with the error that met it."""


def run(
    plan: Plan, make: Make[Path], *, jobs: int, write: Write[Path] | None = None
) -> Generator[Outcome, None, None]:
    """What became of each input, in the order of the plan: failed to list, skipped, then the tasks.

    Each outcome is in the manifest before it is given. `jobs` inputs are worked on at a time; one
    that fails, whatever it fails by, is an outcome as well, and the rest is done.
    Raises `OutputError` when the manifest, or the mark of their folder, cannot be written.
    """
    write = write or partial(files.write, replace=plan.existing == "replace")
    work = partial(done, make=make, kind=plan.kind, write=write)
    return carried_out(plan, in_order(work, plan.tasks, jobs))


def carried_out(
    plan: Todo[At], results: Generator[Result[At], None, None]
) -> Generator[Outcome, None, None]:
    """As `run`, of tasks that are carried out while their `results` are taken."""
    outcomes = _outcomes(plan, results)
    with _recorded(plan) as record, closing(outcomes):
        for outcome in outcomes:
            record(outcome)
            yield outcome


@contextmanager
def _recorded(plan: Todo[At]) -> Iterator[Callable[[Outcome], None]]:
    """How an outcome gets into the manifest, if there is one."""
    if plan.manifest is None:
        yield lambda outcome: None
        return
    with manifest(plan.manifest, plan.existing) as add:
        yield add


def _outcomes(
    plan: Todo[At], results: Generator[Result[At], None, None]
) -> Generator[Outcome, None, None]:
    yield from plan.failed
    for task in plan.skipped:
        yield Outcome(source=task.source, target=task.target, status="skipped")
    with closing(results):
        for task, result in results:
            yield not_done(task, result, plan) if isinstance(result, U2NetError) else result


def not_done(task: Task[At], error: U2NetError, plan: Todo[At]) -> Outcome:
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


def done(task: Task[At], make: Make[At], kind: str, write: Write[At]) -> Outcome:
    """What became of one task that went well. Raises as `make` and `write`."""
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
        remarks=tuple(_remarks(result, kind)),
    )


def _remarks(result: Encodable, kind: str) -> Iterator[str]:
    if not result.found:
        yield "no object found"
    if result.only_first:
        yield f"only the first of {result.frames} frames is done; --frames all does all of them"
    if result.metadata.iptc and kind in WITHOUT_IPTC:
        yield f"its IPTC is not kept, for {kind} has no place for it; jpg and tiff have one"
