"""The command line, called in this process."""

import signal
from collections.abc import Callable
from typing import NamedTuple


class Run(NamedTuple):
    """What a call ended with."""

    status: int
    out: str
    err: str


Call = Callable[..., Run]


def interruptible() -> None:
    """A shell that starts tests in the background has them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
