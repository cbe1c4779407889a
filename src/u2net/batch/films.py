"""One film of a run, carried out."""

import time
from pathlib import Path

from u2net.batch.outcome import Outcome
from u2net.batch.plan import Task
from u2net.films.convert import Watch, convert
from u2net.films.frames import Line
from u2net.films.options import FilmOptions
from u2net.pictures.limits import Limits


def film_done(
    task: Task[Path],
    *,
    line: Line,
    kind: str,
    jobs: int,
    options: FilmOptions,
    watch: Watch,
    limits: Limits,
    replace: bool,
) -> Outcome:
    """What became of the film `task.source`. Raises as `convert`."""
    start = time.perf_counter()
    made = convert(
        task.source,
        task.target,
        line,
        kind=kind,
        jobs=jobs,
        watch=watch,
        options=options,
        limits=limits,
        replace=replace,
    )
    return Outcome(
        source=task.source,
        target=task.target,
        status="done",
        size_hw=made.size_hw,
        frames=made.frames,
        seconds=time.perf_counter() - start,
        remarks=tuple(made.remarks if made.found else ["no object found", *made.remarks]),
    )
