"""A form as text, `a=1&b=two`: read in little memory, whatever it holds."""

import re
from urllib.parse import unquote_to_bytes

from u2net.serve.problem import Problem

NOT_ASCII = re.compile(rb"%[89a-fA-F]")
"""An escape for what is none."""

_SLICE = 64 << 10
"""Bytes that are decoded at a time: each escape is an object of its own for a while."""


def fields_in(body: bytes, *, most: int, most_bytes: int) -> list[tuple[str, str]]:
    """Names and values in order, `most` of at most so many bytes each. Raises `Problem` 400."""
    if body.count(b"&") >= most:
        raise Problem(400, "bad-request", f"more than {most} fields")
    fields = []
    at = 0
    while at < len(body):
        end = _find(body, b"&", at, len(body))
        if end - at > most_bytes:
            raise Problem(400, "bad-request", f"a field of more than {most_bytes >> 10} KB")
        if end > at:
            equals = _find(body, b"=", at, end)
            fields.append((_text(body, at, equals), _text(body, equals + 1, end)))
        at = end + 1
    return fields


def _find(body: bytes, mark: bytes, start: int, end: int) -> int:
    """Where `mark` is in that part of `body`, or the end."""
    found = body.find(mark, start, end)
    return end if found < 0 else found


def _text(body: bytes, start: int, end: int) -> str:
    """What that part of `body` stands for."""
    data = bytearray()
    while start < end:
        stop = min(end, start + _SLICE)
        # No escape is cut in two.
        if stop < end and (cut := body.find(b"%", stop - 2, stop)) >= 0:
            stop = cut
        data += unquote_to_bytes(body[start:stop].replace(b"+", b" "))
        start = stop
    return data.decode("utf-8", "replace")
