"""Every request gets an id, is counted, and is told in a line where that was asked for.

One that is answered before all of it came ends its connection: what still comes is nobody's.
"""

import asyncio
import json
import re
import sys
import time
import uuid
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from u2net.serve.problem import LEFT
from u2net.serve.service import Service

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""An id of a client's that is taken over; all else may not stand in a log."""

_LINGER, _SILENCE = 10.0, 1.0
"""Seconds for which the rest of a request that was answered is taken, and nothing may come: whoever
is cut off while sending does not read the answer."""


class Exchanges:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._write = _WRITERS[service.settings.log]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        finally:
            status = str(exchange.status or LEFT)
            self._service.metrics.requests.labels(exchange.route, status).inc()
            if self._write:
                self._write(exchange.about(status))
        await exchange.end()


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start = time.perf_counter()
        self._sent = 0
        self._lingers = False
        self.status: int | None = None
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        self.id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._is_whole = not has_body

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._is_whole = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.id
            if not self._is_whole:
                headers["Connection"] = "close"
                self._lingers = True
        self._sent += len(message.get("body", b""))
        if self._lingers and message["type"] == "http.response.body":
            message = {**message, "more_body": True}
        await self._send(message)

    async def end(self) -> None:
        """Take what still comes for a while, and end an answer that was early."""
        if not self._lingers:
            return
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(self._drain(), _LINGER)
        await self._send({"type": "http.response.body"})

    async def _drain(self) -> None:
        while not self._is_whole:
            await asyncio.wait_for(self.receive(), _SILENCE)

    @property
    def route(self) -> str:
        """Its pattern, of which there are few; whatever else is asked for is one of them."""
        return getattr(self._scope.get("route"), "path", None) or "other"

    def about(self, status: str) -> dict[str, Any]:
        client = self._scope.get("client")
        return {
            "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "id": self.id,
            "client": client[0] if client else None,
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": int(status),
            "bytes": self._sent,
            "seconds": round(time.perf_counter() - self._start, 4),
        }


def _json(about: dict[str, Any]) -> None:
    sys.stderr.write(json.dumps(about) + "\n")


def _text(about: dict[str, Any]) -> None:
    # As JSON has them, so that no path can end the line.
    told = (json.dumps(value) if key == "path" else str(value) for key, value in about.items())
    sys.stderr.write(" ".join(told) + "\n")


_WRITERS = {"off": None, "text": _text, "json": _json}
