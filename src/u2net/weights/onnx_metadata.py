"""ONNX bytes -> the names and values stored inside, without the onnx package or the graph.

An ONNX file is one protocol buffer message, `ModelProto` (onnx.proto): a row of fields, each a key
(number and wire type) and a value. Metadata is field 14, a message of a name (1) and a value (2).
Encoding: protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator
from itertools import islice

GRAPH, METADATA = 7, 14
NAME, VALUE = 1, 2
MOST = 10_000
"""Fields that are looked at; a real file has a few dozen outside the graph."""


def read_metadata(data: bytes) -> dict[str, str]:
    """What the ONNX file `data` says of itself. Raises `ValueError` for bytes that are no ONNX."""
    fields = list(islice(_fields(memoryview(data)), MOST))
    if len(fields) == MOST:
        raise ValueError("it has too many fields")
    if GRAPH not in (number for number, _ in fields):
        raise ValueError("there is no network in it")
    values = {}
    for number, content in fields:
        if number == METADATA:
            entry = dict(islice(_fields(content), MOST))
            name, value = (bytes(entry.get(part, b"")).decode() for part in (NAME, VALUE))
            values[name] = value
    return values


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each field; numbers, which nobody asks for, come as nothing."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        length, start = 0, at
        match key & 7:
            case 0:  # a number
                _, start = _varint(message, at)
            case 1:
                length = 8
            case 2:  # text, bytes or a message
                length, start = _varint(message, at)
            case 5:
                length = 4
            case wire:
                raise ValueError(f"no field has the type {wire}")
        at = start + length
        if at > len(message):
            raise ValueError("it ends too early")
        yield key >> 3, message[start:at]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number, seven bits a byte from the lowest, at most ten bytes; and where it ends."""
    value = 0
    for index, byte in enumerate(message[at : at + 10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError("it ends too early, or is no row of fields")
