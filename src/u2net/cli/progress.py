"""A bar on stderr for a run over many files, when a person is watching."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from u2net.cli.messages import one_line, say

Advance = Callable[[], None]
Say = Callable[[str], None]


@contextmanager
def progress(total: int, *, quiet: bool) -> Iterator[tuple[Advance, Say]]:
    """How to say that one more is done, and how to print a line above the bar.

    There is no bar when stderr is no terminal, when `quiet`, or for a single file.
    """
    if quiet or total < 2 or not (sys.stderr and sys.stderr.isatty()):
        yield lambda: None, say
        return
    from rich import progress as bars
    from rich.console import Console
    from rich.text import Text

    columns = bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn()
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        # As Text: square brackets in a file's name are no markup.
        yield (
            lambda: bar.advance(task),
            lambda line: bar.console.print(Text(f"u2net: {one_line(line)}"), soft_wrap=True),
        )
