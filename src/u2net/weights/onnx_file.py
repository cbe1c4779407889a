"""Bytes of an ONNX file -> its fields, and what it says of itself, without the onnx package.

It is one protocol buffer message, `ModelProto` (onnx.proto). Metadata is its field 14, a message of
a name (1) and a value (2).

A message is a row of fields, each a key (number and wire type) and a value. Groups, wire types 3
and 4, are refused: nothing that is read here has any.
Encoding: protobuf.dev/programming-guides/encoding.
"""

from typing import TypeAlias

Field: TypeAlias = tuple[int, int, int]
"""Number of the field, where its content begins and ends; a value and -1 for a plain number."""

PLAIN = -1
"""Stands for the end of the content where there is none: the field is a plain number."""

_NUMBER, _LENGTH = 0, 2
_FIXED = {1: 8, 5: 4}
"""Wire type -> bytes of its value."""

_KEYS = range(8, 1 << 32)
"""Readers cut longer keys off, each in its own way, so that they would see another field."""


MOST = 100_000
"""Fields of one message that are read; a network of six hundred nodes has a thousand."""

GRAPH, METADATA = 7, 14
NAME, VALUE = 1, 2
LONGEST = 1 << 24
"""Bytes of one value; the calibration of a U²-Net has some 70,000."""


def read_metadata(data: bytes) -> dict[str, str]:
    """What the ONNX file `data` says of itself. Raises `ValueError` for bytes that are no ONNX."""
    parts = fields(data)
    if GRAPH not in (number for number, _, _ in parts):
        raise ValueError("there is no network in it")
    return dict(_entry(data, *place) for number, *place in parts if number == METADATA)


def _entry(data: bytes, start: int, stop: int) -> tuple[str, str]:
    if stop == PLAIN or stop - start > LONGEST:
        raise ValueError("what it says of itself is too long")
    parts = fields(data, start, stop)
    texts = {number: data[begin:end] for number, begin, end in parts if end != PLAIN}
    name, value = (texts.get(part, b"").decode() for part in (NAME, VALUE))
    return name, value


def fields(data: bytes, start: int = 0, stop: int | None = None) -> list[Field]:
    """The fields of the message that is `data[start:stop]`, in order; copies nothing.

    Raises `ValueError` for bytes that are no message, and for more than `MOST` fields.
    """
    found = []
    at, end = start, len(data) if stop is None else stop
    while at < end:
        key, at = varint(data, at, end)
        if key not in _KEYS:
            raise ValueError(f"no field has the number {key >> 3}")
        wire = key & 7
        if wire == _NUMBER:
            value, at = varint(data, at, end)
            found.append((key >> 3, value, PLAIN))
        elif wire == _LENGTH or wire in _FIXED:
            size, begin = varint(data, at, end) if wire == _LENGTH else (_FIXED[wire], at)
            at = begin + size
            if at > end:
                raise ValueError("it ends too early")
            found.append((key >> 3, begin, at))
        else:
            raise ValueError(f"no field has the type {wire}")
        if len(found) > MOST:
            raise ValueError("it has too many fields")
    return found


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, seven bits a byte from the lowest, at most ten bytes; and its end."""
    if at < end and data[at] < 128:
        return data[at], at + 1
    value = shift = 0
    for place in range(at, min(end, at + 10)):
        byte = data[place]
        if byte < 128:
            return value | byte << shift, place + 1
        value |= (byte & 127) << shift
        shift += 7
    raise ValueError("it ends too early, or is no row of fields")
