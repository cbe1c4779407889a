"""Tasks -> outcomes: read, make, write, several at a time."""

import time
from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path

from u2net import files
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Task
from u2net.cutout import Picture
from u2net.errors import U2NetError
from u2net.parallel import in_order


def run(
    tasks: Sequence[Task], make: Callable[[Path], Picture], *, kind: str, jobs: int
) -> Generator[Outcome, None, None]:
    """What became of each task, in order.

    `make` turns a path into the picture that is written in the format `kind`.
    """
    for task, result in in_order(partial(_done, make=make, kind=kind), tasks, jobs):
        if isinstance(result, U2NetError):
            result = Outcome(
                source=task.source, target=task.target, status="failed", error=_told(task, result)
            )
        yield result


def _done(task: Task, make: Callable[[Path], Picture], kind: str) -> Outcome:
    start = time.perf_counter()
    picture = make(task.source)
    files.write(task.target, picture.encode(kind))
    height, width = picture.pixels.shape[:2]
    return Outcome(
        source=task.source,
        target=task.target,
        status="done",
        size_hw=(height, width),
        seconds=time.perf_counter() - start,
    )


def _told(task: Task, error: U2NetError) -> str:
    """The error, with a name where it has none."""
    text = str(error)
    named = str(task.source) in text or str(task.target) in text
    return text if named else f"{task.source}: {text}"
