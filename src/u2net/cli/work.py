"""Carrying out a plan of `u2net remove`, and telling of it."""

from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from u2net.batch.manifest import manifest
from u2net.batch.outcome import Outcome
from u2net.batch.plan import Existing, Plan
from u2net.batch.run import run
from u2net.cli.maker import Maker
from u2net.cli.messages import say
from u2net.cli.progress import progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a plan is carried out."""

    kind: str
    """The format of the outputs."""
    jobs: int
    """Pictures worked on at a time."""
    existing: Existing
    manifest: Path | None
    quiet: bool
    verbose: bool


def work(plan: Plan, maker: Maker, manner: Manner) -> int:
    """Do the tasks of `plan`, telling of each failure; the number of failures."""
    if plan.tasks:
        engine = maker.remover.load().engine
        if manner.verbose:
            say(f"runs on {engine.name}, {engine.device}, {engine.precision}")
    record = manifest(manner.manifest, manner.existing) if manner.manifest else nullcontext(_forget)
    with record as add:
        for task in plan.skipped:
            add(Outcome(source=task.source, target=task.target, status="skipped"))
        failed = _run(plan, maker, manner, add)
    if len(plan.tasks) + len(plan.skipped) > 1 and not manner.quiet:
        done = len(plan.tasks) - failed
        say(f"{done} done, {len(plan.skipped)} skipped, {failed} failed")
    return failed


def _run(plan: Plan, maker: Maker, manner: Manner, add: Callable[[Outcome], None]) -> int:
    failed = 0
    named = manner.verbose or (len(plan.tasks) == 1 and not manner.quiet)
    with (
        progress(len(plan.tasks), quiet=manner.quiet) as (advance, tell),
        closing(run(plan.tasks, maker, kind=manner.kind, jobs=manner.jobs)) as outcomes,
    ):
        for outcome in outcomes:
            add(outcome)
            advance()
            if outcome.error is not None:
                failed += 1
                tell(outcome.error)
            elif named:
                tell(f"{outcome.source}: written to {outcome.target}")
    return failed


def _forget(outcome: Outcome) -> None:
    """Where no manifest was asked for."""
