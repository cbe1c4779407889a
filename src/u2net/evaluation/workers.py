"""Tasks -> outcomes, in order, over the cores of the machine; what waits is bounded."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from threading import Thread

import cv2

from u2net.data.truth import truth_plane
from u2net.errors import EvaluationError, U2NetError
from u2net.evaluation.maps import Plane, read_layers, read_plane
from u2net.evaluation.measures import alpha_vector
from u2net.evaluation.measures.vector import THRESHOLD, Vector, measure
from u2net.machine.memory import keep_memory

CHUNK = 8
"""Pictures that go to a process at once."""

FEW = 4 * CHUNK
"""Below so many pictures, starting processes takes longer than scoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One picture to score."""

    stem: str
    map: Path | Plane
    truth: Path
    soft: bool = False
    """Whether the truth may hold any level."""
    threshold: float = THRESHOLD
    """Above this the map is mask, 0…1."""
    alpha: bool = False
    """Whether both are scored as alpha, with their colours where they have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one picture: a vector, or the reason why there is none."""

    stem: str
    vector: Vector | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


@contextmanager
def processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """`jobs` processes that score; they start with the first task and end with the block."""
    # Not forked: engines have threads, and a fork of a process with threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def outcomes(
    tasks: Iterable[Task | Outcome], pool: ProcessPoolExecutor, jobs: int
) -> Iterator[Outcome]:
    """What became of each task, in order; with one job, or few tasks, in this process.

    A picture that got no map comes as its outcome, and goes through. Raises `EvaluationError` when
    a process dies.
    """
    source = iter(tasks)
    first = list(islice(source, FEW))
    if jobs == 1 or len(first) < FEW:
        yield from map(outcome, chain(first, source))
        return
    waiting: deque[Future[list[Outcome]]] = deque()
    try:
        for chunk in chunks(chain(first, source)):
            waiting.append(pool.submit(outcomes_of, chunk))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise EvaluationError(
            "a scoring process was killed, for lack of memory or because the script that scores "
            "has no `if __name__ == '__main__':`; try one job"
        ) from error


def chunks(source: Iterator[Task | Outcome]) -> Iterator[list[Task | Outcome]]:
    """The tasks in lists of `CHUNK`."""
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def outcomes_of(chunk: list[Task | Outcome]) -> list[Outcome]:
    """What became of each."""
    return [outcome(task) for task in chunk]


def outcome(task: Task | Outcome) -> Outcome:
    """What became of one picture; what cannot be scored is an outcome with its reason."""
    if isinstance(task, Outcome):
        return task
    try:
        if task.alpha:
            planes = (read_layers(p) if isinstance(p, Path) else p for p in (task.map, task.truth))
            vector, notes = alpha_vector.measure(*planes)
            return Outcome(stem=task.stem, vector=vector, notes=notes)
        map_, map_notes = read_plane(task.map) if isinstance(task.map, Path) else (task.map, ())
        truth, truth_notes = truth_plane(task.truth, soft=task.soft)
        vector, notes = measure(map_, truth, soft=task.soft, threshold=task.threshold)
    except U2NetError as error:
        return Outcome(stem=task.stem, reason=str(error))
    read = (*(f"map: {note}" for note in map_notes), *(f"truth: {note}" for note in truth_notes))
    return Outcome(stem=task.stem, vector=vector, notes=read + notes)


def prepare() -> None:
    """Set up a process: one thread, so that processes do not fight; it ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer.
    keep_memory()
    cv2.setNumThreads(1)
    Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    """Wait for the parent's end, however it comes, and end this process too."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
