"""Who is let in: as many requests, and as many bytes, as can be held; the rest is told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from u2net.serve.problem import Problem

RETRY_AFTER = 1
"""Seconds after which a request that found no room may come again."""


class Gate:
    """Counts what requests hold; used by the event loop alone."""

    def __init__(self, *, requests: int, size_bytes: int, body_bytes: int) -> None:
        self._most = requests
        self._most_bytes = size_bytes
        self.body_bytes = body_bytes
        self.requests = 0
        self.bytes = 0

    @contextmanager
    def admitted(self, declared_bytes: int, copies: int = 1) -> Iterator["Held"]:
        """Room for one request, whose body has `declared_bytes` or, where 0, any number.

        So many `copies` of it are held.

        Raises `Problem`: 503 where there is none, 413 for a body above the limit.
        """
        if declared_bytes > self.body_bytes:
            raise self.too_large()
        if self.requests >= self._most:
            raise _full(f"{self.requests} requests are held, as many as may be")
        held = Held(self)
        self.requests += 1
        try:
            held.add(declared_bytes * copies)
            yield held
        finally:
            self.requests -= 1
            self.bytes -= held.bytes

    def too_large(self) -> Problem:
        """What is told of a body above the limit."""
        most = self.body_bytes >> 20
        return Problem(413, "body-too-large", f"more than {most} MB; make the picture smaller")

    def has_room(self, more_bytes: int) -> bool:
        """Whether as many can be held on top; a single request always finds room."""
        return self.bytes + more_bytes <= self._most_bytes or self.requests == 1


class Held:
    """What one request holds."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.bytes = 0

    def add(self, count: int) -> None:
        """Hold `count` bytes more. Raises `Problem` 503 where there is no room for them."""
        if count and not self._gate.has_room(count):
            raise _full(f"{self._gate.bytes >> 20} MB are held, as much as may be")
        self.take(count)

    def take(self, count: int) -> None:
        """Hold `count` bytes more that are there already, such as an answer."""
        self.bytes += count
        self._gate.bytes += count


def _full(reason: str) -> Problem:
    return Problem(503, "busy", f"{reason}; try again later", retry_after=RETRY_AFTER)
