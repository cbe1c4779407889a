"""A bar on stderr for many files or many bytes, when a person is watching."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from u2net.cli.messages import one_line, say

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

Advance = Callable[[], None]
Say = Callable[[str], None]


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[tuple[Advance, Say]]:
    """How to say that one more is done, and how to print a line above the bar.

    There is no bar when stderr is no terminal, when `quiet`, or for a single file.
    """
    if quiet or total < 2 or not _is_watched():
        yield lambda: None, say
        return
    from rich import progress as bars

    columns = bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn()
    with _bar(columns, total) as (bar, task):
        yield lambda: bar.advance(task), partial(_print, bar)


@contextmanager
def counting(*, quiet: bool) -> Iterator[tuple[Advance, Say]]:
    """As `progress`, where nobody knows how many there will be."""
    if quiet or not _is_watched():
        yield lambda: None, say
        return
    from rich import progress as bars

    columns = (
        bars.SpinnerColumn(),
        bars.TextColumn("{task.completed:.0f} done"),
        bars.TimeElapsedColumn(),
    )
    with _bar(columns, None) as (bar, task):
        yield lambda: bar.advance(task), partial(_print, bar)


@contextmanager
def measured(*, quiet: bool) -> Iterator[tuple[Callable[[int, int | None, int], None], Say]]:
    """How to say how many are done, of how many, and how many failed; and how to print a line."""
    if quiet or not _is_watched():
        yield lambda done, total, failed: None, say
        return
    from rich import progress as bars

    columns = (
        *(bars.BarColumn(), bars.MofNCompleteColumn()),
        *(
            bars.TextColumn("{task.speed} a second"),
            bars.TextColumn("{task.fields[failed]} failed"),
        ),
        bars.TimeRemainingColumn(),
    )
    with _bar(columns, None, failed=0) as (bar, task):
        yield (
            lambda done, total, failed: bar.update(
                task, completed=done, total=total, failed=failed
            ),
            partial(_print, bar),
        )


@contextmanager
def of_bytes(total: int, *, quiet: bool) -> Iterator[tuple[Callable[[int], None], Say]]:
    """How to say how many bytes there are, and how to print a line; the bar as in `progress`."""
    if quiet or not _is_watched():
        yield lambda _: None, (lambda _: None) if quiet else say
        return
    from rich import progress as bars

    amounts = bars.DownloadColumn(), bars.TransferSpeedColumn(), bars.TimeRemainingColumn()
    with _bar((bars.BarColumn(), *amounts), total) as (bar, task):
        yield lambda done: bar.update(task, completed=done), partial(_print, bar)


def _is_watched() -> bool:
    return bool(sys.stderr and sys.stderr.isatty())


@contextmanager
def _bar(
    columns: "Iterable[ProgressColumn]", total: int | None, **fields: Any
) -> "Iterator[tuple[Progress, TaskID]]":
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task("", total=total, **fields)


def _print(bar: "Progress", line: str) -> None:
    from rich.text import Text

    # As Text: square brackets in a file's name are no markup.
    bar.console.print(Text(f"u2net: {one_line(line)}"), soft_wrap=True)
