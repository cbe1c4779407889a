"""Native code and the end of the process.

A daemon thread that is inside native code when the interpreter goes is unwound, through frames that
do not allow it: the process aborts. So the end waits for what such threads have begun, and lets
them begin nothing more.
"""

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_changed = threading.Condition()
_running = 0
_ending = False


class _Here(threading.local):
    """What this thread has begun, one in the other."""

    depth = 0


_here = _Here()


@contextmanager
def at_work() -> Iterator[None]:
    """The end of the process waits for this block; may stand in another one.

    A daemon thread that comes here after the end has begun stays here.
    """
    if not _here.depth:
        _begin()
    _here.depth += 1
    try:
        yield
    finally:
        _here.depth -= 1
        if not _here.depth:
            _end()


def _begin() -> None:
    global _running
    with _changed:
        while _ending and threading.current_thread().daemon:
            _changed.wait()
        _running += 1


def _end() -> None:
    global _running
    with _changed:
        _running -= 1
        _changed.notify_all()


@atexit.register
def _wait() -> None:
    global _ending
    with _changed:
        _ending = True
        while _running > 0:
            _changed.wait()


def _forget() -> None:
    """In a forked child: what other threads had begun goes on in the parent alone."""
    global _changed, _running
    _changed = threading.Condition()
    _running = min(_here.depth, 1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
