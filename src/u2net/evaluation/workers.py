"""Tasks -> outcomes, in order, over the cores of the machine; what waits is bounded."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import cv2

from u2net.errors import EvaluationError
from u2net.evaluation.maps import Plane, read_plane
from u2net.evaluation.measures.pysodmetrics import installed, sod_metrics
from u2net.evaluation.measures.vector import measure
from u2net.evaluation.score import Outcome

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


Work: TypeAlias = Task | Outcome
"""A task, or what became of a picture that got no map."""


@contextmanager
def processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """`jobs` processes that score; they start with the first work and end with the block."""
    # Not forked: engines have threads, and a fork of a process with threads may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def score(works: Iterable[Work], pool: ProcessPoolExecutor, jobs: int) -> Iterator[Outcome]:
    """What became of each picture, in order; with one job, or few pictures, in this process.

    Raises `EvaluationError` when a process dies.
    """
    source = iter(works)
    first = list(islice(source, FEW))
    if jobs == 1 or len(first) < FEW:
        yield from map(score_one, chain(first, source))
        return
    waiting: deque[Future[list[Outcome]]] = deque()
    try:
        for chunk in chunks(chain(first, source)):
            waiting.append(pool.submit(score_all, chunk))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise EvaluationError(
            "a scoring process was killed, perhaps for lack of memory; try --jobs 1"
        ) from error


def chunks(source: Iterator[Work]) -> Iterator[list[Work]]:
    """The works in lists of `CHUNK`."""
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def score_all(chunk: list[Work]) -> list[Outcome]:
    """What became of each."""
    return [score_one(work) for work in chunk]


def score_one(work: Work) -> Outcome:
    """What became of one picture; what cannot be scored is an outcome with its reason."""
    if isinstance(work, Outcome):
        return work
    try:
        map_, map_notes = read_plane(work.map) if isinstance(work.map, Path) else (work.map, ())
        truth, truth_notes = read_plane(work.truth)
        vector, notes = measure(map_, truth)
    except EvaluationError as error:
        return Outcome(stem=work.stem, reason=str(error))
    read = (*(f"map: {note}" for note in map_notes), *(f"truth: {note}" for note in truth_notes))
    return Outcome(stem=work.stem, vector=vector, notes=read + notes)


def prepare() -> None:
    """Set up a process: one thread, so that processes do not fight; libraries loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer.
    cv2.setNumThreads(1)
    if installed():
        sod_metrics()
