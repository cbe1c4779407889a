"""Connections: so many, and none for ever that sends no request."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
import uvicorn

pytest.importorskip("fastapi", reason="the extra 'serve' is not installed")

from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from u2net.serve import connections
from u2net.serve.connections import Connection
from u2net.serve.server import connections_for

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[bytes], Coroutine[None, None, Stream]]

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
HANGS = b"GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET / HTTP/1.1\r\nHost: "


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers, but for one path."""
    if scope["path"] == "/hangs":
        while (await receive())["type"] != "http.disconnect":
            pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def listening(most: int) -> AsyncIterator[Connect]:
    """A server for so many connections; makes them, and sends their first bytes."""
    config = uvicorn.Config(
        answers, limit_concurrency=most, timeout_keep_alive=75, lifespan="off", log_config=None
    )
    state = ServerState()
    loop = asyncio.get_running_loop()
    place = await loop.create_server(lambda: Connection(config, state, {}), "127.0.0.1", 0)
    writers = []

    async def connect(first: bytes) -> Stream:
        reader, writer = await asyncio.open_connection(*place.sockets[0].getsockname())
        writers.append(writer)
        writer.write(first)
        await asyncio.sleep(0.05)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
    while state.connections or state.tasks:
        await asyncio.sleep(0.01)
    place.close()


def run(test: Callable[[Connect], Coroutine[None, None, None]], *, most: int = 2) -> None:
    async def whole() -> None:
        async with listening(most) as connect:
            await asyncio.wait_for(test(connect), 30)

    asyncio.run(whole())


def test_a_head_that_never_ends_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)

    async def test(connect: Connect) -> None:
        silent, _ = await connect(b"")
        slow, sender = await connect(SLOW)
        late = asyncio.ensure_future(slow.read())
        while not late.done():
            sender.write(b"x")
            await asyncio.sleep(0.02)
        assert (late.result(), await silent.read()) == (b"", b"")

    run(test)


def test_a_connection_between_requests_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)

    async def test(connect: Connect) -> None:
        reader, writer = await connect(REQUEST)
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.4)
        writer.write(REQUEST)
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")

    run(test)


def test_who_has_waited_longest_makes_room_for_who_comes() -> None:
    async def test(connect: Connect) -> None:
        first, _ = await connect(SLOW)
        second, sender = await connect(SLOW)
        third, _ = await connect(REQUEST)
        assert b" 204 " in await third.readuntil(b"\r\n\r\n")
        assert await first.read() == b""
        sender.write(b"x\r\n\r\n")
        assert b" 204 " in await second.readuntil(b"\r\n\r\n")

    run(test)


def test_where_all_have_a_request_one_more_is_told_so_in_our_form() -> None:
    async def test(connect: Connect) -> None:
        await connect(HANGS)
        await connect(HANGS)
        third, _ = await connect(b"")
        head, _, body = (await third.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in head.lower()
        assert b"content-security-policy" in head.lower()
        assert b"urn:u2net:problem:busy" in body

    run(test)


def test_there_are_files_left_for_what_requests_bring() -> None:
    assert connections_for(requests=64, files=1 << 20) == 1000
    assert connections_for(requests=64, files=1024) + 4 * 64 + 2 * 100 < 1024
    assert connections_for(requests=64, files=10) >= 1
