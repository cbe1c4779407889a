"""`u2net data`: look at a data set before any training."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from u2net.cli import options
from u2net.cli.messages import one_line

if TYPE_CHECKING:
    from u2net.data.check import Checked
    from u2net.task import Task


@click.group(name="data")
def command() -> None:
    """Look at a data set before any training."""


@command.command(name="check")
@click.argument("places", nargs=-1, required=True, metavar="SET…", type=click.Path(path_type=Path))
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="TESTDIR",
    help="Test set of which no picture may be among them.",
)
@click.option("--allow-empty", is_flag=True, help="Masks without foreground are meant.")
@options.classes
@options.task
@options.ignore
@options.extra
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def check(
    places: tuple[Path, ...],
    against: Path | None,
    allow_empty: bool,
    classes: tuple[str, ...],
    task: "Task",
    ignore: int,
    extra: tuple[str, ...],
    as_json: bool,
) -> int:
    """Say what is wrong with data sets: unpaired, unreadable, ill-sized, empty, duplicate.

    SET is a folder, a half of one (SET/train), IMAGES:MASKS, or a list file. Exit status 1 when
    anything is wrong.
    """
    from u2net.data.check import check_all
    from u2net.data.labels import PLAIN, Labels

    labels = Labels(task=task, classes=classes, ignore=ignore) if classes else PLAIN
    sets = check_all(places, against, labels=labels, extra=extra, allow_empty=allow_empty)
    if as_json:
        document = {"sets": [described(one) for one in sets]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for one in sets:
            tell(one)
    return int(any(one.problems for one in sets))


def described(one: "Checked") -> dict[str, object]:
    """A checked set for JSON."""
    problems = [asdict(problem) for problem in one.problems]
    notes = dict(sorted(one.notes.items()))
    return {"place": str(one.place), "pairs": one.pairs, "problems": problems, "notes": notes}


def tell(one: "Checked") -> None:
    """A checked set for people: a line per problem, then a summary."""
    for problem in one.problems:
        click.echo(one_line(f"{problem.kind:10}  {problem.stem}  {problem.detail}"))
    for note, count in sorted(one.notes.items()):
        click.echo(f"{'note':10}  {note} ({count} masks)")
    click.echo(one_line(f"{one.place}: {one.pairs} pairs, {len(one.problems)} problems"))
