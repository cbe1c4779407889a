"""ONNX bytes -> the metadata inside, without the onnx package and without reading the graph.

An ONNX file is one protocol buffer message, `ModelProto` (onnx.proto): a row of fields, each a key (number and
wire type, as a varint) and a value. Metadata is field 14, a message of a name (1) and a value (2).
Encoding: protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator

METADATA, GRAPH = 14, 7
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_metadata(data: bytes) -> dict[str, str]:
    """Names and values in the ONNX file `data`. Raises `ValueError` for bytes that are no ONNX file."""
    view = memoryview(data)
    values: dict[str, str] = {}
    numbers = set()
    for number, content in _fields(view):
        numbers.add(number)
        if number == METADATA and content is not None:
            entry = dict(_fields(content))
            name, value = (bytes(entry.get(part) or b"").decode() for part in (1, 2))
            values[name] = value
    if GRAPH not in numbers:
        raise ValueError("it holds no network")
    return values


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """Number and content of each field of a message; None for numbers, which nobody asks for here."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire = key >> 3, key & 7
        content = None
        if wire == VARINT:
            _, at = _varint(view, at)
        elif wire == BYTES:
            length, at = _varint(view, at)
            content, at = view[at : at + length], at + length
        elif wire in (FIXED32, FIXED64):
            at += 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if number == 0 or at > len(view):
            raise ValueError(f"a field runs past the end at byte {len(view)}")
        yield number, content


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    """A number of at most ten bytes of seven bits each, lowest first, and where it ends."""
    value = 0
    for index in range(10):
        if at + index >= len(view):
            break
        byte = view[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise ValueError(f"no number at byte {at}")
