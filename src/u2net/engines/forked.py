"""Engines in a process that was forked from one that used them.

OpenVINO's threads stay in the parent. In the child it waits for them for ever: at the next picture,
at the next model, and when something of the parent's is let go.
"""

import ctypes
import os
import threading
from typing import Any
from weakref import WeakSet

from u2net.errors import EngineError

_used_in: int | None = None
"""The process whose threads there are."""
_living: WeakSet[Any] = WeakSet()


def starts_threads(thing: Any) -> None:
    """Remember that `thing` has threads in this process."""
    global _used_in
    _used_in = os.getpid()
    _living.add(thing)


def refuse_forked() -> None:
    """Raise `EngineError` in a process that has not the threads that OpenVINO had before."""
    if _used_in not in (None, os.getpid()):
        raise EngineError(
            "OpenVINO was used before this process was forked, and cannot be used in it; start "
            "workers by 'spawn' (multiprocessing.get_context('spawn')), or fork before the first "
            "picture"
        )


class Lock:
    """A lock that nobody holds in a forked child, whoever held it in the parent."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if self._process != os.getpid():
            self.__init__()  # type: ignore[misc]
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _keep() -> None:
    """Let nothing of the parent's go, not when this process ends either."""
    for thing in list(_living):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep)
