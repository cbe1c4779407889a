"""The application as a process: a socket, signals, and an end in order."""

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import uvicorn

from u2net.remover import Remover
from u2net.serve.app import create_app
from u2net.serve.settings import Settings

CONNECTIONS = 1000
"""Open at a time, whether anything comes through them or not."""

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
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS,
            # For what was taken, and for its answer.
            timeout_graceful_shutdown=round(2 * settings.deadline),
        )
    )
    loading.add_done_callback(server.end_unless_loaded)
    server.run(sockets=[listening])
    loading.result()


class _Server(uvicorn.Server):
    """Ends by a signal as by any other wish: with status 0."""

    def end_unless_loaded(self, loading: "Future[None]") -> None:
        """What can never work need not go on."""
        if loading.exception():
            self.should_exit = True

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
