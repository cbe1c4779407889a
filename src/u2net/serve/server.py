"""The application as a process: a socket, signals, and an end in order."""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import uvicorn

from u2net.remover import Remover
from u2net.serve import route
from u2net.serve.app import create_app
from u2net.serve.connections import Connection
from u2net.serve.settings import Settings

CONNECTIONS = 1000
"""Open at a time, whether anything comes through them or not, where the system allows as many."""

BACKLOG = 100
"""Connections that are taken at a time, before any of them is counted."""

OTHER_FILES = 64
"""Open for other things than requests."""

IDLE_SECONDS = 75
"""A connection without a request is kept; longer than proxies keep theirs."""


def serve(
    settings: Settings,
    removers: dict[str, Remover],
    listening: socket.socket,
    loading: "Future[None]",
) -> None:
    """Answer at the socket `listening` until a signal comes; then finish what was taken.

    Raises what `loading` raises, once the service has ended because of it.
    """
    server = _Server(
        uvicorn.Config(
            create_app(settings, removers),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            http=Connection,
            limit_concurrency=connections_for(settings.requests, open_files()),
            backlog=BACKLOG,
            timeout_keep_alive=IDLE_SECONDS,
            # For what was taken, and for its answer.
            timeout_graceful_shutdown=round(2 * settings.deadline),
        )
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_end)
    loading.add_done_callback(server.end_unless_loaded)
    server.run(sockets=[listening])
    loading.result()


def _is_no_end(record: logging.LogRecord) -> bool:
    """What a second signal breaks off was meant to be: nobody needs its traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def connections_for(requests: int, files: int) -> int:
    """How many may be open where a process may have so many `files`: uploads need some of them."""
    return max(1, min(CONNECTIONS, files - OTHER_FILES - 2 * BACKLOG - route.FILES * requests))


def open_files() -> int:
    """How many this process may have, which is made as many as the system lets it."""
    try:
        import resource
    except ImportError:  # nothing bounds them there
        return 1 << 20
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * CONNECTIONS)
    if 0 <= soft < wished:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
    return max(soft, wished)


class _Server(uvicorn.Server):
    """Ends by a signal as by any other wish: with status 0."""

    def end_unless_loaded(self, loading: "Future[None]") -> None:
        """What can never work need not go on."""
        if loading.exception():
            self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:
            # The library leaves it waiting, which would be cancelled with a traceback.
            await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._end) for number in uvicorn.server.HANDLED_SIGNALS
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, *_: Any) -> None:
        """At the first signal in order, at the second at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
