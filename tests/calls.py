"""The command line, called in this process."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest


class Run(NamedTuple):
    """What a call ended with."""

    status: int
    out: str
    err: str


Call = Callable[..., Run]


def interruptible() -> None:
    """A shell that starts tests in the background has them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def seen_on_a_terminal(command: Sequence[str | Path]) -> tuple[int, bytes]:
    """Status and stderr of a process whose stderr is a terminal."""
    pty = pytest.importorskip("pty", reason="terminals of this kind are Unix")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stderr=theirs)
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    os.close(ours)
    return process.wait(timeout=60), seen


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
