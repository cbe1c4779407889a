"""Ctrl-C and the signal to end, early, late and twice: one line, and the status shells expect.

While a verb works the first signal comes out as `KeyboardInterrupt`, so that what has begun is
finished or cleaned up. Before that, at a second signal, and once all is done, the process ends at
once: nothing half-written can be left (see `u2net.files`), and an exception out of the import of a
library, or at the exit of the interpreter, would be a traceback. In the last moments, when Python
answers no more, signals are ignored. Imports nothing heavy.
"""

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_WORDS: dict[int, str] = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Ended(Exception):  # noqa: N818 (no error)
    """A verb ended because of a signal."""


class _State:
    """Of this process."""

    pid = 0
    orderly = False
    received: int | None = None


_state = _State()


def watch(number: int = signal.SIGINT) -> None:
    """Answer the signal `number` until the process ends, unless it is ignored, as by nohup."""
    _state.pid = os.getpid()
    with suppress(ValueError):  # not in the main thread, as in some notebooks
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _answer)


@contextmanager
def watched(number: int = signal.SIGINT) -> Iterator[None]:
    """Answer the signal `number` during the block."""
    before = signal.getsignal(number)
    watch(number)
    try:
        yield
    finally:
        if before is not _answer:
            with suppress(ValueError):
                signal.signal(number, before)


@contextmanager
def in_order(orderly: bool = True) -> Iterator[None]:
    """In the block the first signal is a `KeyboardInterrupt`, or ends the process at once."""
    before, _state.orderly = _state.orderly, orderly
    try:
        yield
    finally:
        _state.orderly = before


def told() -> tuple[str, int]:
    """What to say of a verb that a signal ended, and its status. Later signals are ignored."""
    _ignore()
    number, _state.received = _state.received or signal.SIGINT, None
    return _WORDS[number], 128 + number


@atexit.register
def _ignore() -> None:
    """Answer no more: while the interpreter goes, a signal would have its default action again."""
    for number in _WORDS:
        if signal.getsignal(number) is _answer:
            signal.signal(number, signal.SIG_IGN)


def _answer(number: int, frame: FrameType | None) -> None:
    if os.getpid() != _state.pid:
        _answer_as_forked(number)
    elif _state.orderly and _state.received is None:
        _state.received = number
        raise KeyboardInterrupt
    else:
        _leave(_state.received or number)


def _answer_as_forked(number: int) -> None:
    """As if nobody had watched: a forked worker knows what to do with an interrupt."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _leave(number: int) -> None:
    """End here and now, with the line that nobody has said yet."""
    with suppress(OSError, ValueError, AttributeError):
        # Not through Python's buffers, in whose midst the signal may have come.
        stderr = sys.stderr.fileno()
        cursor = b"\x1b[?25h" if os.isatty(stderr) else b""  # which a progress bar hides
        os.write(stderr, cursor + f"u2net: {_WORDS[number]}\n".encode())
    os._exit(128 + number)
