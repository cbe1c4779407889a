"""One look at each input, and of it an output for each class."""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from u2net import files
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Plan, Task
from u2net.batch.run import Encodable, Result, carried_out, done
from u2net.errors import U2NetError
from u2net.parallel import in_order, one_by_one

MakeAll: TypeAlias = Callable[[Path], Mapping[str, Encodable]]
"""An input to what is written for each class; called from threads."""


def run_each(plan: Plan, make: MakeAll, *, jobs: int) -> Generator[Outcome, None, None]:
    """As `run`, of a plan for several classes: `make` is called once an input."""
    write = partial(files.write, replace=plan.existing == "replace")

    def together(tasks: list[Task[Path]]) -> list[Result[Path]]:
        made = make(tasks[0].source)

        def one(task: Task[Path]) -> Outcome:
            return done(task, lambda _: made[task.class_name], plan.kind, write)

        return list(one_by_one(one, tasks))

    def results() -> Generator[Result[Path], None, None]:
        inputs = (list(tasks) for _, tasks in groupby(plan.tasks, key=lambda task: task.source))
        for tasks, outcomes in in_order(together, inputs, jobs):
            if isinstance(outcomes, U2NetError):
                yield from ((task, outcomes) for task in tasks)
            else:
                yield from outcomes

    return carried_out(plan, results())
