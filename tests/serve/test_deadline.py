"""How long a request may take: to come, to be worked on, to be taken."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message

from serving import EXAMPLES
from u2net.remover import Remover
from u2net.serve.app import create_app
from u2net.serve.settings import Settings

REQUEST = httpx.Request(
    "POST", "http://x/v1/remove", files={"image": (EXAMPLES / "cat.jpg").read_bytes()}
)
BODY = REQUEST.read()


class Client:
    """Sends the first bytes of a request, and takes the first pieces of the answer."""

    def __init__(self, *, sends: int, takes: int) -> None:
        self.sends, self.takes = sends, takes
        self.told: list[Message] = []

    async def receive(self) -> Message:
        if not self.sends:
            await asyncio.Event().wait()
        piece, whole = BODY[: self.sends], self.sends >= len(BODY)
        self.sends = 0
        return {"type": "http.request", "body": piece, "more_body": not whole}

    async def send(self, message: Message) -> None:
        if len(self.told) == self.takes:
            await asyncio.Event().wait()
        self.told.append(message)


def ask(client: Client, remover: Remover, deadline: float) -> Any:
    """The service after `client` asked it."""
    app = create_app(Settings(jobs=1, deadline=deadline), {"swift": remover})
    headers = [(name.lower(), value) for name, value in REQUEST.headers.raw]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/v1/remove",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }

    async def run() -> None:
        await app(scope, client.receive, client.send)

    try:
        asyncio.run(run())
    finally:
        app.state.service.workers.close()
        assert (app.state.service.gate.requests, app.state.service.gate.bytes) == (0, 0)
    return app.state.service


@pytest.mark.parametrize(
    ("sent", "status", "kind"), [(1000, 408, b"slow-request"), (len(BODY), 503, b"late")]
)
def test_who_is_late_is_told_so(remover: Remover, sent: int, status: int, kind: bytes) -> None:
    client = Client(sends=sent, takes=9)
    ask(client, remover, deadline=0.01)
    start, body, *end = client.told
    assert start["status"] == status
    # What is still to come of a request that was answered is nobody's.
    assert ((b"connection", b"close") in start["headers"]) == (status == 408)
    assert not (end or [body])[-1].get("more_body", False)
    assert b"urn:u2net:problem:" + kind in body["body"]
    assert (b"retry-after" in dict(start["headers"])) == (status == 503)


def test_an_answer_that_is_not_taken_is_let_go(
    remover: Remover, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(sends=len(BODY), takes=1)
    monkeypatch.setattr(Remover, "picture", lambda *_: _Tiny())
    ask(client, remover, deadline=1)
    assert [message["type"] for message in client.told] == ["http.response.start"]


class _Tiny:
    """A result without any work."""

    found = True

    def encode(self, kind: str) -> bytes:
        return b"picture"


def test_a_large_answer_goes_out_in_pieces(
    remover: Remover, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(sends=len(BODY), takes=99)
    monkeypatch.setattr(_Tiny, "encode", lambda *_: bytes(1_000_000))
    monkeypatch.setattr(Remover, "picture", lambda *_: _Tiny())
    ask(client, remover, deadline=60)
    bodies = [message["body"] for message in client.told[1:]]
    assert sum(map(len, bodies)) == 1_000_000
    assert max(map(len, bodies)) <= 1 << 18
