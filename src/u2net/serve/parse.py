"""A body that is text is read off the event loop, and counted for what it takes as text."""

import re
from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync
from fastapi import Request

from u2net.serve.gate import Held

Parsed = TypeVar("Parsed")

WIDTH = 4
"""Bytes of a character, for each of a text in which one is not ASCII."""


async def parsed(
    request: Request, parse: Callable[[bytes], Parsed], not_ascii: re.Pattern[bytes]
) -> Parsed:
    """What `parse` makes of the body, in which `not_ascii` finds escapes. Raises as `parse`, or
    `Problem` 503 where there is no room."""
    body = await request.body()
    held: Held = request.scope["u2net.held"]
    if not body.isascii() or await run_sync(_finds, not_ascii, body):
        held.add((WIDTH - 1) * len(body))
    return await run_sync(parse, body)


def _finds(pattern: re.Pattern[bytes], body: bytes) -> bool:
    return pattern.search(body) is not None
