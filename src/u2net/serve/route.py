"""Routes that cost something: who comes in, what is held, how long it may take."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from sys import getsizeof
from typing import Any

import anyio
from fastapi import Request, Response
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers
from starlette.types import Message, Receive, Scope, Send

from u2net.serve import urlencoded
from u2net.serve.gate import Gate, Held
from u2net.serve.key import check_key
from u2net.serve.media import URLENCODED, media_type
from u2net.serve.parse import parsed
from u2net.serve.problem import LEFT, Problem, response_of
from u2net.serve.service import Service

FIELDS = 40
"""In one form; the API with the most has 24."""
FILES = 4
FIELD_BYTES = 64 << 10
"""Of the value of one field that is no file."""

_CHARSETS = (b"utf-8", b"us-ascii", b"iso-8859-1")
"""Of names and values in a form: Python has others, which take long or give what is no text."""

_PIECE = 256 << 10
"""Bytes of an answer on their way at a time: of a client that takes none, no more are kept."""


class GuardedRoute(APIRoute):
    """A route for those who have the key."""

    failure = staticmethod(response_of)
    """How failures are told."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        service: Service = scope["app"].state.service
        check_key(Headers(scope=scope), service.settings.api_key)
        await super().handle(scope, receive, send)


class WorkRoute(GuardedRoute):
    """A route that takes a picture and makes one of it, within bounds of number, size and time."""

    field_bytes: int | None = FIELD_BYTES
    """Of the value of a field; None is as much as a body may have."""
    copies = 1
    """Of a body that is no upload, while it is read."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        service: Service = scope["app"].state.service
        headers = Headers(scope=scope)
        is_upload = media_type(headers).startswith("multipart/")
        copies = 1 if is_upload else self.copies
        _check_wait(service)
        with service.gate.admitted(_declared(headers), copies) as held:
            exchange = _Exchange(receive, send, held, service, copies)
            scope["u2net.held"] = held
            scope["u2net.begun"] = exchange.put_off
            with anyio.move_on_after(service.settings.deadline) as exchange.scope:
                await super().handle(scope, exchange.receive, exchange.send)
            # An answer that is not taken ends here: the server closes the connection.
            if exchange.scope.cancelled_caught and not exchange.answered:
                raise exchange.late()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_bounded(request: Request) -> Response:
            service: Service = request.app.state.service
            bounded = _BoundedRequest(request.scope, request.receive)
            bounded.field_bytes = self.field_bytes or service.gate.body_bytes
            try:
                return await handle(bounded)
            finally:
                await bounded.close()

        return handle_bounded


class _BoundedRequest(Request):
    """Its form has few fields, and short ones."""

    field_bytes: int

    async def _get_form(self, **_: Any) -> FormData:
        if media_type(self.headers) == URLENCODED:
            if self._form is None:
                fields = await parsed(self, self._fields_in, urlencoded.NOT_ASCII)
                self._form = FormData([*fields])
            return self._form
        options = parse_options_header(self.headers.get("content-type"))[1]
        if options.get(b"charset", b"utf-8").lower() not in _CHARSETS:
            raise Problem(400, "bad-request", "the charset of a form is utf-8")
        form = await super()._get_form(
            max_files=FILES, max_fields=FIELDS, max_part_size=self.field_bytes
        )
        held: Held = self.scope["u2net.held"]
        held.add(sum(getsizeof(text) for text in form.values() if isinstance(text, str)))
        return form

    def _fields_in(self, body: bytes) -> list[tuple[str, str]]:
        return urlencoded.fields_in(body, most=FIELDS, most_bytes=self.field_bytes)


class _Exchange:
    """Counts what comes and goes of one request."""

    scope: anyio.CancelScope

    def __init__(
        self, receive: Receive, send: Send, held: Held, service: Service, copies: int
    ) -> None:
        self._receive = receive
        self._send = send
        self._held = held
        self._service = service
        self._came = 0
        self._copies = copies
        self._is_whole = False
        self.answered = False

    async def receive(self) -> Message:
        """A piece of the body, within its limit."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._is_whole:
            raise Problem(LEFT, "client-left", "the client left before all of its request came")
        if message["type"] == "http.request":
            self._came += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            gate: Gate = self._service.gate
            if self._came > gate.body_bytes:
                raise gate.too_large()
            self._held.add(max(0, self._came * self._copies - self._held.bytes))
        return message

    async def send(self, message: Message) -> None:
        """The answer, in pieces, as fast as they are taken."""
        if not self.answered:
            self.answered = True
            self.put_off()
        body = message.get("body", b"")
        if len(body) <= _PIECE:
            await self._send(message)
            return
        self._held.take(len(body))
        pieces = [memoryview(body)[at : at + _PIECE] for at in range(0, len(body), _PIECE)]
        for number, piece in enumerate(pieces, start=1):
            await self._send({**message, "body": bytes(piece), "more_body": number < len(pieces)})

    def put_off(self) -> None:
        """Begin the time anew: what was begun is not thrown away for the time that it waited."""
        # By the loop's own clock, for this is called outside of any task too.
        self.scope.deadline = asyncio.get_running_loop().time() + self._service.settings.deadline

    def late(self) -> Problem:
        """What is told when time is up."""
        seconds = f"{self._service.settings.deadline:g} s"
        if not self._is_whole:
            return Problem(408, "slow-request", f"not all of it came within {seconds}")
        return Problem(503, "late", f"not done within {seconds}; try again later", retry_after=5)


def _check_wait(service: Service) -> None:
    """Raise `Problem` 503 for a request whose turn would not come before the deadline."""
    beyond = service.workers.wait - service.settings.deadline
    if beyond > 0:
        told = f"its turn would come after {service.settings.deadline:g} s; try again later"
        raise Problem(503, "busy", told, retry_after=math.ceil(beyond))


def _declared(headers: Headers) -> int:
    """Bytes of the body as its header says; 0 where it says nothing, or nonsense."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
