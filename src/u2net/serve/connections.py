"""How many connections are kept, and how long one may take to say what it wants."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from u2net.serve.gate import RETRY_AFTER
from u2net.serve.headers import HEADERS
from u2net.serve.problem import Problem, response_of

HEAD_SECONDS = 20.0
"""Until the head of a request is whole, from the first byte of the connection or of the head."""


class Connection(H11Protocol):
    """One of at most `limit_concurrency`, counted when it comes.

    When there are as many, the one that has waited longest for a request makes room; the library
    counts them when a request has come, and never ends one that sends no whole head.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._most, self.limit_concurrency = self.limit_concurrency, None
        self._late: asyncio.TimerHandle | None = None
        self._waits_since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._most is not None and len(self.connections) > self._most:
            self._make_room()
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time()

    def on_response_complete(self) -> None:
        self._waits_since = self.loop.time()
        super().on_response_complete()

    @property
    def waits(self) -> bool:
        """Whether no request is under way."""
        return self.conn.their_state is h11.IDLE and not self.transport.is_closing()

    def _time(self) -> None:
        """Begin to measure a head, or end that."""
        if not self.waits:
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _stop(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _make_room(self) -> None:
        others = (
            one
            for one in self.connections
            if one is not self and isinstance(one, Connection) and one.waits
        )
        longest = min(others, key=lambda one: one._waits_since, default=None)
        if longest:
            longest.timeout_keep_alive_handler()
        else:
            self.transport.write(_full())
            self.transport.close()


def _full() -> bytes:
    """What is told where every connection has a request."""
    told = "as many connections are open as may be; try again later"
    answer = response_of(Problem(503, "busy", told, retry_after=RETRY_AFTER))
    answer.headers.update(HEADERS)
    answer.headers["Connection"] = "close"
    lines = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
    return b"HTTP/1.1 503 Service Unavailable\r\n" + lines + b"\r\n" + bytes(answer.body)
