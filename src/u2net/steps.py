"""The steps of the line from file to file, as whoever runs it may hear of them.

A service measures them, and stops work that nobody waits for. Where nobody listens they cost
nothing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Listener(Protocol):
    """Hears of the steps that are run in its context."""

    def begins(self, step: str) -> None:
        """May raise, so that the step is not begun."""

    def ended(self, step: str, seconds: float) -> None:
        """Well or not."""


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """`listener` hears of all steps in the block, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def step(name: str) -> Iterator[None]:
    """The block, or the function that this decorates, is the step `name`."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    listener.begins(name)
    start = time.perf_counter()
    try:
        yield
    finally:
        listener.ended(name, time.perf_counter() - start)
